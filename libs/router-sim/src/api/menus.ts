import type { ConfigItem, Properties } from '../config/config-table.ts';
import type { RouterConfig } from '../config/router-config.ts';
import { interfaceType } from '../interface-type.ts';
import type { InterfaceReading, Kernel } from '../kernel/kernel.ts';
import type { GeneralMenus } from './general-menus.ts';
import { createAddressListMenu } from './address-list-menu.ts';
import { createConnectionMenu } from './connection-menu.ts';
import { deviceDate, deviceDuration } from './device-text.ts';
import type { Menu, Row } from './menu.ts';
import { createIpv6Menus } from './ipv6-menus.ts';
import { createRouteMenu } from './route-menu.ts';
import { createScriptMenus } from './script-menus.ts';
import { createTableEditor } from './table-editor.ts';
import {
  filterProperties,
  mangleProperties,
  tableProperties,
  trafficMonitorProperties,
} from './table-rules.ts';

export interface MenuSources {
  readonly kernel: Kernel;
  readonly config: RouterConfig;
  readonly identity: string;
  readonly version: string;
  readonly boardName: string;
  /** Comments of the interfaces by name. */
  readonly interfaceComments: Readonly<Record<string, string>>;
  /** Device time of the boot, Unix milliseconds. */
  bootedAtMs(): number;
  /** How often a scheduler ran. */
  runCount(schedulerId: string): number;
  readonly general: GeneralMenus;
}

/** The menus of the simulated router. */
export function createMenus(sources: MenuSources): Menu[] {
  const { kernel, config } = sources;
  const majorVersion = Number.parseInt(sources.version, 10);
  const rule = (item: ConfigItem): Row => {
    const { bytes, packets } = kernel.ruleCounters(item.id);
    return itemRow(item, {
      log: 'false',
      'log-prefix': '',
      bytes: String(Math.floor(bytes)),
      packets: String(packets),
      invalid: 'false',
      dynamic: 'false',
      disabled: 'false',
    });
  };
  const plain = (item: ConfigItem): Row => itemRow(item, { invalid: 'false', disabled: 'false' });
  const tableNames = (): string[] =>
    config.routingTable.items().flatMap(({ properties }) => properties['name'] ?? []);
  const monitored = (): string[] => kernel.interfaces().map(({ name }) => name);
  return [
    { path: '/system/resource', rows: () => [resourceRow(sources)] },
    {
      path: '/system/identity',
      rows: () => [{ properties: { name: sources.identity }, oids: { name: '.1.3.6.1.2.1.1.5.0' } }],
    },
    {
      path: '/interface',
      rows: () => kernel.interfaces().map((reading) => interfaceRow(reading, sources)),
    },
    {
      path: '/ip/address',
      rows: () => config.address.items().map((item) => itemRow(item, { ...UNTOUCHED, invalid: 'false' })),
    },
    createRouteMenu({ kernel, config, majorVersion }),
    createAddressListMenu(config.addressList, () => kernel.uptimeMs()),
    ...createScriptMenus({ ...sources, majorVersion }),
    ...sources.general.menus,
    ...(majorVersion > 6 ? [routingTableMenu(config), ...createIpv6Menus(kernel, config)] : []),
    {
      path: '/ip/firewall/mangle',
      rows: () => config.mangle.items().map(rule),
      editor: createTableEditor(config.mangle, mangleProperties(majorVersion > 6 ? tableNames : undefined)),
    },
    {
      path: '/ip/firewall/filter',
      rows: () => config.filter.items().map(plain),
      editor: createTableEditor(config.filter, filterProperties),
    },
    {
      path: '/tool/traffic-monitor',
      rows: () => config.trafficMonitor.items().map(plain),
      editor: createTableEditor(config.trafficMonitor, trafficMonitorProperties(monitored)),
    },
    createConnectionMenu(kernel),
  ];
}

const routingTableMenu = (config: RouterConfig): Menu => ({
  path: '/routing/table',
  rows: () => config.routingTable.items().map((item) => itemRow(item, { ...UNTOUCHED, invalid: 'false' })),
  editor: createTableEditor(config.routingTable, tableProperties),
});

const UNTOUCHED: Properties = { dynamic: 'false', disabled: 'false' };

const itemRow = ({ id, properties }: ConfigItem, defaults: Properties): Row => ({
  properties: { '.id': id, ...defaults, ...properties },
});

function resourceRow({ kernel, version, boardName }: MenuSources): Row {
  const connections = Array.from(kernel.connections()).length;
  return {
    properties: {
      uptime: deviceDuration(kernel.uptimeMs()),
      version: `${version} (stable)`,
      'free-memory': '805306368',
      'total-memory': '1073741824',
      cpu: 'ARM64',
      'cpu-count': '4',
      'cpu-frequency': '1400',
      'cpu-load': String(Math.min(100, 1 + Math.floor(connections / 100))),
      'architecture-name': 'arm64',
      'board-name': boardName,
      platform: 'MikroTik',
    },
    oids: { uptime: '.1.3.6.1.2.1.1.3.0' },
  };
}

function interfaceRow(reading: InterfaceReading, sources: MenuSources): Row {
  const { name, index } = reading;
  const date = (property: string, uptimeMs: number | undefined): Properties =>
    uptimeMs === undefined ? {} : { [property]: deviceDate(sources.bootedAtMs() + uptimeMs) };
  const comment = sources.interfaceComments[name];
  return {
    properties: {
      '.id': `*${index.toString(16).toUpperCase()}`,
      name,
      type: interfaceType(name).routerosName,
      mtu: '1500',
      'actual-mtu': '1500',
      ...date('last-link-down-time', reading.lastDownMs),
      ...date('last-link-up-time', reading.lastUpMs),
      'link-downs': String(reading.linkDowns),
      'rx-byte': String(reading.rxBytes),
      'tx-byte': String(reading.txBytes),
      'rx-packet': String(reading.rxPackets),
      'tx-packet': String(reading.txPackets),
      'rx-drop': '0',
      'tx-drop': '0',
      'tx-queue-drop': '0',
      'rx-error': '0',
      'tx-error': '0',
      running: String(reading.running),
      disabled: 'false',
      ...(comment === undefined ? {} : { comment }),
    },
    oids: {
      name: `.1.3.6.1.2.1.2.2.1.2.${index}`,
      'bytes-in': `.1.3.6.1.2.1.31.1.1.1.6.${index}`,
      'bytes-out': `.1.3.6.1.2.1.31.1.1.1.10.${index}`,
    },
  };
}
