import type { ExportedTable } from '../api/general-menus.ts';
import type { ConfigTable, Properties } from './config-table.ts';
import type { RouterConfig } from './router-config.ts';

/** The tables of the configuration that an export lists beside those of the general menus. */
export function exportedTables(config: RouterConfig, majorVersion: number): ExportedTable[] {
  const firewall = { action: 'accept', disabled: 'false', log: 'false', 'log-prefix': '' };
  const mangle = { ...firewall, passthrough: 'true' };
  const route = {
    'check-gateway': 'none',
    distance: '1',
    'routing-table': 'main',
    scope: '30',
    'target-scope': '10',
  };
  const table = (path: string, of: ConfigTable, defaults: Properties = {}): ExportedTable => ({
    path,
    table: of,
    defaults: { disabled: 'false', ...defaults },
    isFixed: false,
  });
  return [
    table('/ip/firewall/mangle', config.mangle, mangle),
    table('/ip/firewall/filter', config.filter, firewall),
    table('/ip/firewall/address-list', config.addressList),
    {
      ...table('/ip/route', config.route, { ...route, 'dst-address': '0.0.0.0/0' }),
      words: majorVersion > 6 ? {} : { 'routing-table': 'routing-mark' },
    },
    ...(majorVersion > 6
      ? [
          table('/routing/table', config.routingTable),
          table('/ipv6/firewall/mangle', config.mangle6, mangle),
          table('/ipv6/firewall/filter', config.filter6, firewall),
          table('/ipv6/route', config.route6, { ...route, 'dst-address': '::/0' }),
        ]
      : []),
    table('/tool/traffic-monitor', config.trafficMonitor),
    table('/tool/netwatch', config.netwatch),
    table('/system/scheduler', config.scheduler),
    table('/system/script', config.script),
  ];
}
