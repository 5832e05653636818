import type { ConfigItem, Properties } from '../config/config-table.ts';
import type { RouterConfig } from '../config/router-config.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { activeDefaultRoute, immediateGateway } from '../kernel/route-table.ts';
import type { Editor, Menu, Row } from './menu.ts';
import { createTableEditor, type TableRules } from './table-editor.ts';
import { trap } from './traps.ts';

interface RouteSources {
  readonly kernel: Kernel;
  readonly config: RouterConfig;
  /** RouterOS 6 or 7. */
  readonly majorVersion: number;
}

/** `/ip/route`. The configuration holds routes as RouterOS 7 has them; RouterOS 6 says routing-mark, and nothing for main. */
export function createRouteMenu(sources: RouteSources): Menu {
  const { config, majorVersion } = sources;
  const tables = (): string[] =>
    config.routingTable.items().flatMap(({ properties }) => properties['name'] ?? []);
  // In RouterOS 6 a table is there as soon as a route names it.
  const editor = createTableEditor(config.route, routeRules(majorVersion > 6 ? tables : undefined));
  const row = (item: ConfigItem): Row => routeRow(item, sources);
  return {
    path: '/ip/route',
    rows: () => config.route.items().map(row),
    editor: withDefaults(majorVersion > 6 ? editor : inRouterOs6Words(editor), '0.0.0.0/0'),
  };
}

/** @param tables absent where any name is that of a table */
export const routeRules = (tables?: () => string[]): TableRules => ({
  noun: 'route',
  known: new Set([
    'dst-address',
    'gateway',
    'routing-table',
    'distance',
    'scope',
    'target-scope',
    'check-gateway',
    'comment',
    'disabled',
  ]),
  required: [],
  allowed: {
    ...(tables && { 'routing-table': tables }),
    'check-gateway': () => ['none', 'ping', 'arp', 'bfd'],
  },
  booleans: ['disabled'],
});

const DEFAULTS: Properties = { distance: '1', scope: '30', 'target-scope': '10' };

/** @param everything destination of a default route */
export function withDefaults(editor: Editor, everything: string): Editor {
  return {
    ...editor,
    add: (parameters) => editor.add({ 'dst-address': everything, ...DEFAULTS, ...parameters }),
  };
}

function inRouterOs6Words(editor: Editor): Editor {
  const translate = ({ 'routing-mark': mark, ...rest }: Properties): Properties => {
    if (rest['routing-table'] !== undefined) throw trap('unknownParameter', 'routing-table');
    return mark === undefined ? rest : { ...rest, 'routing-table': mark };
  };
  return {
    ...editor,
    add: (parameters) => editor.add({ 'routing-table': 'main', ...translate(parameters) }),
    set: (id, parameters) => editor.set(id, translate(parameters)),
  };
}

function routeRow({ id, properties }: ConfigItem, { kernel, config, majorVersion }: RouteSources): Row {
  const { 'routing-table': table = 'main', gateway = '', ...rest } = properties;
  const isReached = kernel.reachesGateway(gateway);
  const active = activeDefaultRoute(config.route.items(), table, (address) => kernel.reachesGateway(address));
  const v6: Properties = {
    ...(table === 'main' ? {} : { 'routing-mark': table }),
    'gateway-status': `${gateway} ${isReached ? 'reachable' : 'unreachable'}`,
  };
  const v7: Properties = {
    'routing-table': table,
    'immediate-gw': isReached ? immediateGateway(config.route.items(), gateway) : '',
  };
  return {
    properties: {
      '.id': id,
      static: 'true',
      dynamic: 'false',
      disabled: 'false',
      inactive: String(!isReached),
      ...rest,
      gateway,
      ...(majorVersion > 6 ? v7 : v6),
      ...(active?.id === id ? { active: 'true' } : {}),
    },
  };
}
