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
      chosen.set(table, activeDefaultRoute(routes.items(), table, reachesGateway)?.properties['gateway']);
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

/** The enabled default route of a table with the least distance among those whose gateway is reached. */
export function activeDefaultRoute(
  routes: readonly ConfigItem[],
  table: string,
  reachesGateway: (gateway: string) => boolean,
): ConfigItem | undefined {
  return routes
    .filter(
      ({ properties }) =>
        properties['routing-table'] === table &&
        properties['dst-address'] === '0.0.0.0/0' &&
        properties['disabled'] !== 'true' &&
        reachesGateway(properties['gateway'] ?? ''),
    )
    .sort((a, b) => Number(a.properties['distance']) - Number(b.properties['distance']))[0];
}
