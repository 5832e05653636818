import fc from 'fast-check';
import type { Configuration, Properties, SiteDescription, SiteWan, Strategy } from '../src/index.ts';

/** The uplink number `n` (from 1) of a site, by documentation addresses. */
export const wan = (n: number, given: Partial<SiteWan> = {}): SiteWan => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  gateway: `192.0.2.${n}`,
  capacity: { rx: 10_000_000 * n, tx: 1_000_000 * n },
  routingMark: `to_ISP${n}`,
  probeHosts: [`198.51.100.${n}`, `203.0.113.${n}`],
  ...given,
});

export const site = (given: Partial<SiteDescription> = {}): SiteDescription => ({
  routerOs: { major: 7, minor: 20 },
  strategy: 'balance',
  wans: [wan(1), wan(2)],
  lanNetworks: ['192.168.88.0/24'],
  connectedNetworks: ['192.168.88.0/24', '192.0.2.0/24'],
  steeringComment: 'Load-Balancing here',
  telemetry: { collector: '10.0.0.5', netflowPort: 2055, syslogPort: 5514, snmpCommunity: 'fairlead-read' },
  access: { controller: '10.0.0.5', certificate: 'fairlead-api' },
  ...given,
});

/** The same site with IPv6 steered; its clients have addresses of their own. */
export const dualStack = (given: Partial<SiteDescription> = {}): SiteDescription => {
  const translations = [{ from: 'fd00:1::/48' }];
  const plain = site(given);
  return {
    ipv6: { lanNetworks: ['fd00:1::/48'], connectedNetworks: ['fd00:1::/48', '2001:db8::/32'] },
    ...plain,
    wans: plain.wans.map((own) => ({
      ipv6: { gateway: `fe80::1%${own.interface}`, translations },
      ...own,
    })),
  };
};

export const strategies: readonly Strategy[] = ['balance', 'pcc', 'ecmp', 'nth', 'failover'];

/** Sites of all strategies and versions, without what `siteProblems` refuses. */
export const anySite = (major: 6 | 7): fc.Arbitrary<SiteDescription> =>
  fc
    .record({
      strategy: fc.constantFrom(...strategies),
      count: fc.integer({ min: 2, max: 4 }),
      weights: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }),
      minor: fc.constantFrom(9, 20),
      gatewayShift: fc.integer({ min: 0, max: 2 }),
      withTelemetry: fc.boolean(),
      withParts: fc.boolean(),
      withIpv6: fc.boolean(),
    })
    .map(({ strategy, count, weights, minor, gatewayShift, withTelemetry, withParts, withIpv6 }) => {
      const { telemetry, ...rest } = site({ routerOs: { major, minor }, strategy });
      const wans = Array.from({ length: count }, (_, index) =>
        wan(index + 1, {
          gateway: `192.0.2.${10 * gatewayShift + index + 1}`,
          weight: strategy === 'ecmp' ? 1 : (weights[index] ?? 1),
        }),
      );
      const parts = withParts && { parts: 5, deadMan: strategy === 'pcc' };
      const made = { ...rest, wans, ...parts, ...(withTelemetry && telemetry && { telemetry }) };
      return withIpv6 && major === 7 && strategy === 'balance' ? dualStack(made) : made;
    });

const foreign: readonly (readonly [string, Properties])[] = [
  ['/ip firewall mangle', { action: 'change-mss', chain: 'forward', 'new-mss': '1440', comment: 'mine' }],
  ['/ip firewall mangle', { action: 'mark-packet', chain: 'forward', 'new-packet-mark': 'a "b" $c' }],
  ['/ip firewall nat', { action: 'dst-nat', chain: 'dstnat', 'to-addresses': '192.168.88.9' }],
  ['/ipv6 firewall mangle', { action: 'change-mss', chain: 'forward', 'new-mss': '1420', comment: 'mine' }],
  ['/ipv6 route', { 'dst-address': '2001:db8:9::/48', gateway: 'fe80::9%bridge' }],
  ['/ip route', { 'dst-address': '10.9.0.0/16', gateway: '192.168.88.2' }],
  ['/system logging', { topics: 'critical', action: 'echo' }],
  ['/user group', { name: 'read', policy: 'api,read' }],
];

/** A router as people leave it: objects of others among ours, ours edited, doubled, out of order and missing. */
export const disturbed = (clean: Configuration): fc.Arbitrary<Configuration> =>
  fc
    .array(
      fc.record({
        what: fc.constantFrom('foreign', 'edit', 'remove', 'move'),
        menu: fc.nat(),
        at: fc.nat(),
        to: fc.nat(),
      }),
      { maxLength: 12 },
    )
    .map((steps) => {
      const lists = new Map([...clean.lists].map(([menu, list]) => [menu, [...list]]));
      for (const { what, menu: which, at, to } of steps) {
        const [foreignMenu, object] = foreign[at % foreign.length] ?? ['', {}];
        const menu = what === 'foreign' ? foreignMenu : ([...lists.keys()][which % lists.size] ?? '');
        const list = lists.get(menu) ?? [];
        const from = list.length === 0 ? 0 : at % list.length;
        const chosen = list[from] ?? {};
        if (what === 'foreign') list.splice(to % (list.length + 1), 0, object);
        if (what === 'edit') list.splice(from, 1, { ...chosen, disabled: 'yes', 'x-note': 'edited' });
        if (what === 'remove') list.splice(from, 1);
        if (what === 'move') list.splice(to % list.length, 0, ...list.splice(from, 1));
        if (list.length > 0) lists.set(menu, list);
        else lists.delete(menu);
        if (lists.size === 0) break;
      }
      return { lists, settings: clean.settings };
    });
