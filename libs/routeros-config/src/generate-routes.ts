import type { Properties } from './configuration.ts';
import { weightOf, type SiteDescription, type SiteWan } from './site.ts';

/**
 * The routes: each probe host by the gateway of its WAN, and default routes that lead over the probe hosts and are up while
 * these answer. Every table falls back to the next WANs. RouterOS manual, "IP Routing", recursive next hops: the probe's
 * route has scope 10, the default route looks up to target scope 11.
 */
export function routes(site: SiteDescription): [id: string, properties: Properties][] {
  const { wans, routerOs } = site;
  const tableWord = routerOs.major === 7 ? 'routing-table' : 'routing-mark';
  const over = (gateway: string, distance: number, table?: string): Properties => ({
    'check-gateway': 'ping',
    'dst-address': '0.0.0.0/0',
    distance: String(distance),
    gateway,
    'target-scope': '11',
    ...(table !== undefined && { [tableWord]: table }),
  });
  const probes = wans.flatMap((wan) =>
    wan.probeHosts.map((host, index): [string, Properties] => [
      `probe-${wan.name}-${index + 1}`,
      { 'dst-address': `${host}/32`, gateway: wan.gateway, scope: '10' },
    ]),
  );
  const tables = wans.flatMap((wan, position) =>
    [...wans.slice(position), ...wans.slice(0, position)].flatMap((next, rank) =>
      next.probeHosts.map((host, index): [string, Properties] => [
        `table-${wan.name}-${next.name}-${index + 1}`,
        over(host, rank + 1, wan.routingMark),
      ]),
    ),
  );
  return [...probes, ...tables, ...mainRoutes(site, over)];
}

function mainRoutes(
  { wans, strategy, routerOs }: SiteDescription,
  over: (gateway: string, distance: number) => Properties,
): [string, Properties][] {
  if (strategy === 'ecmp' && routerOs.major === 6) {
    const weighted = wans.flatMap((wan) => Array.from({ length: weightOf(wan) }, () => wan));
    return [0, 1].map((index) => [
      `main-${index + 1}`,
      over(weighted.map((wan) => probeOf(wan, index)).join(','), index + 1),
    ]);
  }
  return wans.flatMap((wan, rank) =>
    wan.probeHosts.map((host, index): [string, Properties] => [
      `main-${wan.name}-${index + 1}`,
      over(host, strategy === 'ecmp' ? 1 : rank + 1),
    ]),
  );
}

const probeOf = (wan: SiteWan, index: number): string => wan.probeHosts[index === 0 ? 0 : 1];
