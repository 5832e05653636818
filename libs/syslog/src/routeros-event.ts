import { type FirewallLine, readFirewallLine } from './firewall-line.ts';

/** Who came or went, and how. */
interface Login {
  /** As typed by whoever tried; may be empty. */
  readonly user: string;
  /** IP or MAC address; absent on the console. */
  readonly address?: string;
  /** Service: winbox, ssh, api, rest-api, web, local … */
  readonly via: string;
}

interface DhcpLease {
  readonly server: string;
  readonly address: string;
  readonly mac: string;
  /** As told by the client. */
  readonly hostname?: string;
}

interface DhcpClient {
  readonly client: string;
  readonly interface: string;
  readonly address: string;
  readonly reason?: string;
}

interface Netwatch {
  readonly type?: string;
  readonly host?: string;
}

const pppoeStates = [
  'initializing',
  'connecting',
  'authenticated',
  'connected',
  'terminating',
  'disconnected',
] as const;

interface PppoeState {
  readonly interface: string;
  readonly reason?: string;
}

interface ConfigurationChange {
  /** What was changed, in RouterOS's words: `mangle rule`. */
  readonly subject: string;
  readonly action: string;
  /** A user, `scheduler:<name>`, or the newer `winbox-…:user@address`. */
  readonly by: string;
  /** Of the newer `by`, where it has them. */
  readonly user?: string;
  readonly address?: string;
  /** Internal numbers of the items. */
  readonly items?: string;
  readonly command?: string;
}

/** What a message of RouterOS says, as far as it says something that is known. All text in it is the sender's. */
export type RouterosEvent =
  | {
      readonly kind: 'link-up';
      readonly interface: string;
      readonly speed?: string;
      readonly duplex?: string;
    }
  | { readonly kind: 'link-down'; readonly interface: string }
  | ({ readonly kind: 'login-success' | 'login-failure' | 'logout' } & Login)
  | ({ readonly kind: 'dhcp-lease-assigned' | 'dhcp-lease-deassigned' } & DhcpLease)
  | ({ readonly kind: 'dhcp-client-bound' | 'dhcp-client-lost' } & DhcpClient)
  | ({ readonly kind: `pppoe-${(typeof pppoeStates)[number]}` } & PppoeState)
  | ({ readonly kind: 'netwatch-up' | 'netwatch-down' } & Netwatch)
  | ({ readonly kind: 'configuration-change' } & ConfigurationChange)
  | { readonly kind: 'script'; readonly level?: string }
  | FirewallLine;

/** A name of an interface, server or client. `: ` is in none: it ends the prefix of a logging rule. */
const NAME = '(?:(?!: )[^\\n]){1,128}?';

const login = /^user (.*) logged (in|out)(?: from (\S+))? via (\S{1,32})$/s;
const loginFailure = /^login failure for user (.*) via (\S{1,32})$/s;
const fromAddress = /^(.*) from ([0-9a-f]*[.:][0-9a-f.:]*(?:%\S+)?)$/is;
const link = new RegExp(`^(${NAME}) link (up|down)(?: \\((.{0,128})\\))?$`);
const linkDetail = /^speed ([^\s,]+)(?:, (full|half) duplex)?/;
const lease = new RegExp(
  `^(${NAME}) (assigned|deassigned) ([0-9a-f.:]+) (?:for|to|from) ([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?: (.*))?$`,
  'is',
);
const client = new RegExp(`^(${NAME}) on (${NAME}) (got|lost) IP address ([0-9a-f.:]+)(?: - (.*))?$`, 'is');
const pppoe = new RegExp(`^(${NAME}): (${pppoeStates.join('|')})(?:\\.\\.\\.)?(?: - (.*))?$`, 's');
const netwatch = /^event (up|down)(?: \[ (.*) \])?$/s;
const change = new RegExp(
  `^(${NAME}) (added|changed|removed|moved|enabled|disabled) by (.{1,256}?)(?: \\((.*)\\))?$`,
  's',
);
/** `ssh:admin@10.0.0.1`, `winbox-3.40/tcp-msg(winbox):admin@10.0.0.1`, `api:admin@10.0.0.1/action:2`. */
const changer = /^(?:[^\s:@]+:)?([^\s@]+)@([0-9a-f]*[.:][0-9a-f.:]*)(?:\/\S*)?$/i;
const changedItems = /^(\*[0-9a-f]+(?:, ?\*[0-9a-f]+)*) = /i;
/** The highest first. */
const scriptLevels = ['critical', 'error', 'warning', 'info', 'debug'];

interface Reader {
  /** Topics, one of which such a message has, where topics are known. */
  readonly topics: readonly string[];
  readonly read: (text: string, topics: readonly string[]) => RouterosEvent | undefined;
}

/** The order is that of how often they are met. */
const readers: readonly Reader[] = [
  { topics: ['firewall'], read: readFirewallLine },
  { topics: ['system', 'account'], read: readLogin },
  { topics: ['dhcp'], read: readDhcp },
  { topics: ['interface', 'lte', 'wireless', 'wifi'], read: readLink },
  { topics: ['pppoe', 'ppp'], read: readPppoe },
  { topics: ['netwatch'], read: readNetwatch },
  { topics: ['system'], read: readChange },
];

/**
 * What a message of RouterOS 6 or 7 says; undefined when nothing that is known. Where the message came with topics they
 * decide what it can be, so that a script or a DHCP client cannot write another's words; without them the words do.
 * Wording: RouterOS manual, "Log"; for firewall lines and failed logins the parsers of crowdsec and fail2ban.
 */
export function readEvent(text: string, topics: readonly string[]): RouterosEvent | undefined {
  if (topics.includes('script')) return readScript(topics);
  for (const reader of readers) {
    if (topics.length > 0 && !reader.topics.some((topic) => topics.includes(topic))) continue;
    const event = reader.read(text, topics);
    if (event) return event;
  }
  return undefined;
}

function readScript(topics: readonly string[]): RouterosEvent {
  const level = scriptLevels.find((name) => topics.includes(name));
  return { kind: 'script', ...(level === undefined ? {} : { level }) };
}

/** A user name may hold ` from ` and ` via `: the last ones are RouterOS's. */
function readLogin(text: string): RouterosEvent | undefined {
  if (text.startsWith('user ')) {
    const match = login.exec(text);
    if (!match) return undefined;
    const [, user = '', direction, address, via = ''] = match;
    const kind = direction === 'in' ? 'login-success' : 'logout';
    return { kind, user, ...(address === undefined ? {} : { address }), via };
  }
  if (!text.startsWith('login failure for user ')) return undefined;
  const match = loginFailure.exec(text);
  if (!match) return undefined;
  const [, who = '', via = ''] = match;
  const from = fromAddress.exec(who);
  if (!from) return { kind: 'login-failure', user: who, via };
  return { kind: 'login-failure', user: from[1] ?? '', address: from[2] ?? '', via };
}

function readLink(text: string): RouterosEvent | undefined {
  if (!text.includes(' link ')) return undefined;
  const match = link.exec(text);
  if (!match) return undefined;
  const [, name = '', direction, detail = ''] = match;
  if (direction === 'down') return { kind: 'link-down', interface: name };
  const [, speed, duplex] = linkDetail.exec(detail) ?? [];
  return {
    kind: 'link-up',
    interface: name,
    ...(speed === undefined ? {} : { speed }),
    ...(duplex === undefined ? {} : { duplex }),
  };
}

/** The host name is the client's text, and last: the first lease in the line is the server's. */
function readDhcp(text: string): RouterosEvent | undefined {
  if (text.includes('assigned ')) {
    const match = lease.exec(text);
    if (match) {
      const [, server = '', action, address = '', mac = '', hostname = ''] = match;
      const kind = action === 'assigned' ? 'dhcp-lease-assigned' : 'dhcp-lease-deassigned';
      return { kind, server, address, mac, ...(hostname === '' ? {} : { hostname }) };
    }
  }
  if (!text.includes(' IP address ')) return undefined;
  const match = client.exec(text);
  if (!match) return undefined;
  const [, name = '', on = '', action, address = '', reason] = match;
  const kind = action === 'got' ? 'dhcp-client-bound' : 'dhcp-client-lost';
  return { kind, client: name, interface: on, address, ...(reason === undefined ? {} : { reason }) };
}

/** Without topics only an interface that is called after PPPoE can be told from a program that says "connected". */
function readPppoe(text: string, topics: readonly string[]): RouterosEvent | undefined {
  if (!topics.includes('pppoe') && !/^<?pppoe/.test(text)) return undefined;
  const match = pppoe.exec(text);
  const state = pppoeStates.find((name) => name === match?.[2]);
  if (!match || state === undefined) return undefined;
  const [, name = '', , reason] = match;
  return { kind: `pppoe-${state}`, interface: name, ...(reason === undefined ? {} : { reason }) };
}

function readNetwatch(text: string): RouterosEvent | undefined {
  if (!text.startsWith('event ')) return undefined;
  const match = netwatch.exec(text);
  if (!match) return undefined;
  const parameters = new Map(
    (match[2] ?? '').split(', ').map((pair): [string, string] => {
      const colon = pair.indexOf(': ');
      return colon === -1 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 2)];
    }),
  );
  const type = parameters.get('type');
  const host = parameters.get('host');
  return {
    kind: match[1] === 'up' ? 'netwatch-up' : 'netwatch-down',
    ...(type === undefined ? {} : { type }),
    ...(host === undefined ? {} : { host }),
  };
}

function readChange(text: string): RouterosEvent | undefined {
  if (!text.includes(' by ')) return undefined;
  const match = change.exec(text);
  if (!match) return undefined;
  const [, subject = '', action = '', by = '', detail] = match;
  const [, user, address] = changer.exec(by) ?? [];
  const event = {
    kind: 'configuration-change',
    ...{ subject, action, by },
    ...(user === undefined || address === undefined ? {} : { user, address }),
  } as const;
  if (detail === undefined) return event;
  const items = changedItems.exec(detail);
  if (items?.[1] === undefined) return { ...event, command: detail };
  return { ...event, items: items[1], command: detail.slice(items[0].length) };
}
