import type { Properties } from './configuration.ts';
import type { ManagedMenu } from './menu-facts.ts';
import type { SiteDescription } from './site.ts';

type NamedObject = readonly [menu: ManagedMenu, id: string, properties: Properties];

/** What stays on its link, or goes to many: never by a WAN (RFC 4291 sections 2.5.6 and 2.7). */
export const IPV6_LOCAL = ['fe80::/10', 'ff00::/8'];

/**
 * Translation and routes of IPv6. The gateways of the routes are asked themselves, not hosts beyond them: that is seen by
 * IPv4, which IPv6 follows.
 */
export function ipv6Objects({ wans, routerOs }: SiteDescription): NamedObject[] {
  // called "to-addresses" before RouterOS 7.15
  const toAddress = routerOs.minor >= 15 ? 'to-address' : 'to-addresses';
  const nat = wans.flatMap(({ name, interface: port, ipv6 }) =>
    (ipv6?.translations ?? []).map(({ from, to }, index): NamedObject => [
      '/ipv6 firewall nat',
      `nat-${name}-${index + 1}`,
      {
        chain: 'srcnat',
        'out-interface': port,
        'src-address': from,
        ...(to === undefined ? { action: 'masquerade' } : { action: 'netmap', [toAddress]: to }),
      },
    ]),
  );
  const over = (id: string, gateway: string, rank: number, table: string): NamedObject => [
    '/ipv6 route',
    id,
    {
      // An interface has no address to ask; its route goes with its link.
      ...(gateway.includes(':') && { 'check-gateway': 'ping' }),
      'dst-address': '::/0',
      distance: String(rank + 1),
      gateway,
      'routing-table': table,
    },
  ];
  const ways = wans.map(({ name, ipv6, routingMark }) => ({
    name,
    gateway: ipv6?.gateway ?? '',
    routingMark,
  }));
  return [
    ...nat,
    ...ways.flatMap((wan, position) =>
      [...ways.slice(position), ...ways.slice(0, position)].map((next, rank) =>
        over(`table-${wan.name}-${next.name}`, next.gateway, rank, wan.routingMark),
      ),
    ),
    ...ways.map(({ name, gateway }, rank) => over(`main-${name}`, gateway, rank, 'main')),
  ];
}

/** Why the IPv6 of a site cannot be configured, in words for who wrote it. */
export function ipv6Problems({ ipv6, wans, routerOs, strategy }: SiteDescription): string[] {
  if (!ipv6) return [];
  const lacking = wans.filter((wan) => !wan.ipv6);
  return [
    ...(routerOs.major === 6
      ? [
          'RouterOS 6 cannot steer IPv6: its /ipv6 route knows one table and no routing mark, and it has no /ipv6 firewall nat. Leave steering.ipv6 out, or upgrade the router to RouterOS 7',
        ]
      : []),
    ...(strategy === 'balance'
      ? []
      : [`IPv6 is steered with the strategy balance only, not with ${strategy}`]),
    ...lacking.map(({ name }) => `WAN ${name}: no IPv6 gateway is given`),
    ...(ipv6.lanNetworks.length === 0 ? ['no IPv6 network of the LAN is given'] : []),
  ];
}
