/**
 * How far a simulated behaviour can be trusted: the manual says so, somebody saw a router or a capture do so, or
 * nobody did and it seemed likely.
 */
export type Evidence = 'documented' | 'observed' | 'assumed';

export interface Behaviour {
  readonly what: string;
  readonly evidence: Evidence;
  readonly source: string;
}

const behaviour = (evidence: Evidence, source: string, what: string): Behaviour => ({
  what,
  evidence,
  source,
});

/** What the simulated router does that a router may do otherwise. The traps of the API carry their own label. */
export const behaviours = {
  'login-plain': behaviour(
    'documented',
    'manual, API',
    'login with name and password in one sentence (6.43 and later)',
  ),
  'login-challenge': behaviour(
    'documented',
    'manual, API (before 6.43)',
    'older versions answer any login with a challenge, and take the MD5 response to it',
  ),
  'login-log': behaviour('documented', 'manual, Log', 'each login, and each refused one, is a log line'),
  'before-login': behaviour(
    'assumed',
    '-',
    'any other command before the login ends the connection with !fatal',
  ),
  'session-limit': behaviour(
    'documented',
    'manual, IP services',
    'twenty sessions; the connection after that is closed at once',
  ),
  'tag-order': behaviour(
    'observed',
    'client project, RouterOS 7.24.1',
    'the tag stands directly after the reply word',
  ),
  'empty-reply': behaviour(
    'documented',
    'manual, API (7.18)',
    '!empty before !done when print finds nothing',
  ),
  'cancel-order': behaviour(
    'documented',
    'manual, API',
    '!trap of the target, !done of the cancel, !done of the target',
  ),
  'cancel-unknown-tag': behaviour('assumed', '-', 'cancelling what does not run is !done'),
  'cancel-all': behaviour('documented', 'manual, API', 'a cancel without a tag ends everything that runs'),
  'listen-changes': behaviour(
    'documented',
    'manual, API',
    'listen tells items that were added, changed or removed, and never ends by itself',
  ),
  'listen-counters': behaviour('assumed', '-', 'counters that grow are no change for listen'),
  'print-follow': behaviour(
    'assumed',
    'manual, console',
    'print with follow gives the items and then every change; follow-only leaves the items out',
  ),
  'print-interval': behaviour(
    'observed',
    'client projects',
    'print with interval gives all items again and again until it is cancelled, without !done',
  ),
  'monitor-traffic': behaviour(
    'documented',
    'manual, API command notes',
    'one row an interface each second in the order asked for, until it is cancelled; with once, one row each',
  ),
  'monitor-traffic-name': behaviour('observed', 'client projects', 'each row names its interface'),
  'monitor-traffic-rate': behaviour('assumed', '-', 'rates are means over the last full second'),
  'ping-row': behaviour(
    'observed',
    'recorded replies',
    'a row for each probe, with what was sent, received and lost so far',
  ),
  'ping-timeout': behaviour(
    'observed',
    'recorded console output',
    'a probe without an answer has status timeout, and no time',
  ),
  'ping-routing-table': behaviour(
    'observed',
    'client projects, RouterOS 7.6 to 7.24',
    'RouterOS 7 pings by no routing table: unknown parameter',
  ),
  'ping-interface': behaviour(
    'assumed',
    '-',
    'a ping out of an interface without a route out of it is lost: the host is looked for on the link',
  ),
  'ping-policy': behaviour('documented', 'manual, User', 'a ping needs the policy test'),
  'listen-dead': behaviour(
    'observed',
    'client projects, RouterOS 7',
    'a removed item arrives with .dead=true (the manual says yes)',
  ),
  quit: behaviour('observed', 'client projects', '!fatal session terminated on request'),
  'proplist-unknown': behaviour('assumed', '-', 'a property that does not exist is left out of the answer'),
  'query-compare': behaviour(
    'assumed',
    '-',
    '< and > compare numbers where both sides are numbers, else text',
  ),
  'query-boolean': behaviour('assumed', '-', 'yes and true, no and false are the same in a query'),
  'print-statistics': behaviour(
    'observed',
    'recorded replies, 7.20',
    'counters are in the answer with or without =stats=',
  ),
  'oid-properties': behaviour(
    'documented',
    'manual, API',
    'name.oid and others in the proplist give the SNMP object',
  ),
  'interface-counters': behaviour(
    'assumed',
    '-',
    'counters hold the IP bytes of forwarded connections; no link-layer header',
  ),
  'route-flags': behaviour(
    'observed',
    'recorded replies, 7.20',
    'active is absent from a route that is not in use; inactive is always there',
  ),
  'route-words': behaviour(
    'documented',
    'manual, IP routing',
    'RouterOS 6 says routing-mark and has no /routing/table; RouterOS 7 says routing-table',
  ),
  'route-gateway-status': behaviour(
    'assumed',
    '-',
    'RouterOS 6 gives gateway-status as "address reachable", RouterOS 7 immediate-gw',
  ),
  'address-list-timeout': behaviour(
    'documented',
    'manual, Address lists',
    'an entry with a timeout is dynamic and goes by itself; the same entry twice is refused',
  ),
  'address-list-matching': behaviour(
    'documented',
    'manual, Address lists',
    'a rule matches by the networks of a list; LAN and Connected match clients without entries',
  ),
  'address-list-reboot': behaviour(
    'documented',
    'manual, Address lists',
    'entries with a timeout are gone after a boot, and in no export',
  ),
  'recursive-routes': behaviour(
    'documented',
    'manual, IP routing',
    'a gateway with a host route of scope 11 or less is reached by the gateway of that route',
  ),
  'check-gateway-at-once': behaviour(
    'assumed',
    '-',
    'a gateway that does not answer is left at once; a router takes two timeouts of ten seconds',
  ),
  'black-hole': behaviour(
    'assumed',
    '-',
    'behind a gateway whose network is away nothing answers, and open connections stall',
  ),
  'equal-routes': behaviour('assumed', '-', 'of several equal default routes the first is used'),
  'classifier-matching': behaviour(
    'assumed',
    'manual, Mangle',
    'PCC spreads by a hash of its own, as even as that of RouterOS; Nth counts in each rule',
  ),
  'script-run': behaviour(
    'documented',
    'manual, Scripting',
    'a source that does not parse does nothing; one that fails stops there, unless :do has on-error',
  ),
  'script-subset': behaviour(
    'assumed',
    '-',
    'commands, [find], [get], [:len], :if, :do and :log are run; other scripting fails',
  ),
  'script-removes-itself': behaviour('assumed', '-', 'a script that runs may remove itself'),
  'script-policies': behaviour('assumed', '-', 'scripts run with all policies'),
  'scheduler-interval': behaviour(
    'documented',
    'manual, Scheduler',
    'a job with an interval runs each time that it has passed since the job was made or the boot',
  ),
  'scheduler-startup': behaviour(
    'documented',
    'manual, Scheduler',
    'a job with start-time=startup and no interval runs three seconds after a boot',
  ),
  'service-address': behaviour(
    'documented',
    'manual, Services',
    'a service that is disabled or not open to an address closes its connections; open sessions stay',
  ),
  'unset-by-mark': behaviour(
    'observed',
    'client projects',
    'a property named with an exclamation mark is taken away',
  ),
  'move-last': behaviour('assumed', 'manual, console', 'move without a destination puts an item last'),
  'export-order': behaviour(
    'assumed',
    'recorded exports',
    'menus and properties by name, defaults left out, items in their order; lines are not wrapped',
  ),
  'netwatch-status': behaviour(
    'assumed',
    '-',
    'a gateway is up while its link is, any other host while main has a default route; no script is run',
  ),
  'ipv6-menus': behaviour(
    'assumed',
    '-',
    'RouterOS 7 has them and keeps what is written, but no packet of IPv6 flows; RouterOS 6 is without the package',
  ),
  'ipv6-gateways': behaviour(
    'assumed',
    '-',
    'a gateway that names its interface, alone or after %, is reached while the link of that is up; a global address always',
  ),
  'mangle-order': behaviour(
    'documented',
    'MUM presentation',
    'a connection gets its sticky mark in the pass of its first packet',
  ),
  'table-without-route': behaviour(
    'assumed',
    'inferred from the manual',
    'a mark whose table has no usable route falls through to main',
  ),
  'masquerade-purge': behaviour(
    'documented',
    'manual, NAT',
    'connections of an interface that goes down are dropped',
  ),
  'removed-connection': behaviour(
    'assumed',
    '-',
    'connections are removed by their ids; one that is gone already ends the command, and those before it stay removed',
  ),
  'moved-connection': behaviour(
    'assumed',
    '-',
    'an open connection whose marks lead elsewhere stalls, because its address would be wrong',
  ),
  'snmp-wrong-community': behaviour('documented', 'RFC 3584 section 5.2.1', 'no answer'),
  'snmp-message-size': behaviour('assumed', '-', 'a GetBulk answer is cut at 1472 bytes'),
  'snmp-set': behaviour('assumed', '-', 'noAccess; the community is read-only'),
  'snmp-if-type': behaviour('observed', 'recorded walk, 7.20beta2', 'bridge is 209, ether is 6'),
  'netflow-fields': behaviour(
    'assumed',
    'IPFIX template recorded from 6.39.2',
    'fields and their order in v9, with the ports after NAT',
  ),
  'netflow-byte-width': behaviour(
    'observed',
    'IPFIX template recorded from 6.39.2',
    'bytes and packets are 4 bytes and wrap',
  ),
  'netflow-steps': behaviour('observed', 'IPFIX recorded from 6.39.2', 'times are multiples of 10 ms'),
  'netflow-download': behaviour(
    'assumed',
    '-',
    'download is seen with the WAN address, and the client as address after NAT',
  ),
  'netflow-no-fin': behaviour(
    'observed',
    'v5 recorded in 2016',
    'a finished connection is reported after the inactive timeout',
  ),
  'netflow-refresh': behaviour(
    'documented',
    'manual, Traffic Flow',
    'the template is repeated every 20 packets',
  ),
  'syslog-default': behaviour(
    'documented',
    'manual, Log',
    'topics and text, without priority, time and host',
  ),
  'syslog-bsd': behaviour(
    'documented',
    'manual, Log',
    'priority, time and host without topics; facility daemon, severity from the topics',
  ),
} as const satisfies Record<string, Behaviour>;
