import type { ConfigItem, ConfigTable } from '../config/config-table.ts';

export interface RouteTable {
  /**
   * Gateway of the active default route in the table of that name; in `main` when the mark is undefined or its table
   * has none (lookup falls through to main: inferred from the manual's policy routing).
   */
  gatewayFor(routingMark: string | undefined): string | undefined;
  /** Reachability changed: choose again. */
  forget(): void;
}

/** Chooses among the default routes of the configuration and remembers the choice until something changes. */
export function createRouteTable(
  routes: ConfigTable,
  reachesGateway: (gateway: string) => boolean,
): RouteTable {
  let chosen = new Map<string, string | undefined>();
  let revision = -1;
  const lookUp = (table: string): string | undefined => {
    if (revision !== routes.revision()) {
      revision = routes.revision();
      chosen = new Map();
    }
    if (!chosen.has(table)) {
      const gateway = activeDefaultRoute(routes.items(), table, reachesGateway)?.properties['gateway'];
      chosen.set(table, gateway === undefined ? undefined : immediateGateway(routes.items(), gateway));
    }
    return chosen.get(table);
  };
  return {
    gatewayFor: (routingMark) =>
      (routingMark === undefined ? undefined : lookUp(routingMark)) ?? lookUp('main'),
    forget() {
      chosen = new Map();
    },
  };
}

/**
 * The gateway that a recursive one is reached by: the route of `main` to that host alone says so, when its scope is no more than
 * what default routes of this kind look up to (manual, IP Routing, recursive next hops). Any other is reached directly.
 */
export function immediateGateway(routes: readonly ConfigItem[], gateway: string): string {
  const host = routes.find(
    ({ properties }) =>
      properties['dst-address'] === `${gateway}/32` &&
      properties['disabled'] !== 'true' &&
      Number(properties['scope'] ?? '30') <= RECURSIVE_SCOPE,
  );
  return host?.properties['gateway'] ?? gateway;
}

const RECURSIVE_SCOPE = 11;

export const activeDefaultRoute = (
  routes: readonly ConfigItem[],
  table: string,
  reachesGateway: (gateway: string) => boolean,
): ConfigItem | undefined => activeRoute(routes, table, '0.0.0.0/0', reachesGateway);

/** The enabled route of a table to a destination with the least distance among those whose gateway is reached. */
export function activeRoute(
  routes: readonly ConfigItem[],
  table: string,
  destination: string,
  reachesGateway: (gateway: string) => boolean,
): ConfigItem | undefined {
  return routes
    .filter(
      ({ properties }) =>
        (properties['routing-table'] ?? 'main') === table &&
        properties['dst-address'] === destination &&
        properties['disabled'] !== 'true' &&
        reachesGateway(properties['gateway'] ?? ''),
    )
    .sort((a, b) => Number(a.properties['distance']) - Number(b.properties['distance']))[0];
}
