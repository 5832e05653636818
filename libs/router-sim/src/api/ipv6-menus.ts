import type { ConfigItem, Properties } from '../config/config-table.ts';
import type { RouterConfig } from '../config/router-config.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { activeRoute } from '../kernel/route-table.ts';
import type { Menu, Row } from './menu.ts';
import { routeRules, withDefaults } from './route-menu.ts';
import { createTableEditor } from './table-editor.ts';
import { filterProperties, mangleProperties, withIpv6 } from './table-rules.ts';

const EVERYTHING = '::/0';

/** Steering and routing of IPv6 in RouterOS 7. The rules are kept and count nothing: no IPv6 flows through the router. */
export function createIpv6Menus(kernel: Kernel, config: RouterConfig): Menu[] {
  const tables = (): string[] =>
    config.routingTable.items().flatMap(({ properties }) => properties['name'] ?? []);
  const rule = (item: ConfigItem, counters: Properties): Row => ({
    properties: {
      ...{ '.id': item.id, log: 'false', 'log-prefix': '', ...counters },
      ...{ invalid: 'false', dynamic: 'false', disabled: 'false', ...item.properties },
    },
  });
  return [
    {
      path: '/ipv6/firewall/mangle',
      rows: () => config.mangle6.items().map((item) => rule(item, { bytes: '0', packets: '0' })),
      editor: createTableEditor(config.mangle6, withIpv6(mangleProperties(tables))),
    },
    {
      path: '/ipv6/firewall/filter',
      rows: () => config.filter6.items().map((item) => rule(item, {})),
      editor: createTableEditor(config.filter6, withIpv6(filterProperties)),
    },
    {
      path: '/ipv6/route',
      rows: () => config.route6.items().map((item) => routeRow(item, kernel, config)),
      editor: withDefaults(createTableEditor(config.route6, routeRules(tables)), EVERYTHING),
    },
  ];
}

function routeRow({ id, properties }: ConfigItem, kernel: Kernel, config: RouterConfig): Row {
  const {
    'routing-table': table = 'main',
    'dst-address': destination = EVERYTHING,
    gateway = '',
  } = properties;
  const isReached = (address: string): boolean => reachesGateway(kernel, address);
  const active = activeRoute(config.route6.items(), table, destination, isReached);
  return {
    properties: {
      ...{ '.id': id, static: 'true', dynamic: 'false', disabled: 'false' },
      ...properties,
      inactive: String(!isReached(gateway)),
      'routing-table': table,
      'immediate-gw': isReached(gateway) ? gateway : '',
      ...(active?.id === id ? { active: 'true' } : {}),
    },
  };
}

function reachesGateway(kernel: Kernel, gateway: string): boolean {
  const name = gateway.includes('%') ? gateway.slice(gateway.indexOf('%') + 1) : gateway;
  return kernel.interfaces().find((reading) => reading.name === name)?.running ?? gateway.includes(':');
}
