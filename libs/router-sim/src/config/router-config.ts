import type { SimulatedWan } from '../options.ts';
import { type ConfigTable, createConfigTable, type Properties } from './config-table.ts';
import { bandwidthBasedRules } from './mangle-rules.ts';

/** The configuration that the API shows and changes, and that the kernel forwards by. */
export interface RouterConfig {
  readonly mangle: ConfigTable;
  readonly filter: ConfigTable;
  /** `/ipv6/firewall/mangle`, `/ipv6/firewall/filter` and `/ipv6/route`; RouterOS 7 only. */
  readonly mangle6: ConfigTable;
  readonly filter6: ConfigTable;
  readonly route6: ConfigTable;
  readonly trafficMonitor: ConfigTable;
  readonly route: ConfigTable;
  readonly routingTable: ConfigTable;
  readonly address: ConfigTable;
  readonly addressList: ConfigTable;
  readonly netwatch: ConfigTable;
  readonly scheduler: ConfigTable;
  readonly script: ConfigTable;
}

export interface AddressPlan {
  readonly lanInterface: string;
  /** First three numbers of the LAN, such as `192.168.88`. */
  readonly lanPrefix: string;
  /** Address of each WAN interface. */
  readonly wanAddresses: readonly string[];
}

/** A dual-WAN site (or one with up to eight) that is set up as the presentation says, or bare: addresses and nothing else. */
export function createRouterConfig(
  wans: readonly SimulatedWan[],
  plan: AddressPlan,
  steeringComment: string,
  isBare: boolean,
): RouterConfig {
  const unlessBare = (items: readonly Properties[]): readonly Properties[] => (isBare ? [] : items);
  return {
    mangle: createConfigTable(unlessBare(bandwidthBasedRules(wans, steeringComment))),
    filter: createConfigTable(unlessBare(filterRules(plan.lanInterface))),
    mangle6: createConfigTable(),
    filter6: createConfigTable(),
    route6: createConfigTable(),
    trafficMonitor: createConfigTable(),
    route: createConfigTable(unlessBare(defaultRoutes(wans))),
    routingTable: createConfigTable([
      { name: 'main', fib: '', dynamic: 'true' },
      ...unlessBare(wans.map((wan) => ({ name: wan.routingMark, fib: '' }))),
    ]),
    addressList: createConfigTable(),
    netwatch: createConfigTable(),
    scheduler: createConfigTable(),
    script: createConfigTable(),
    address: createConfigTable([
      ...wans.map((wan, index) => interfaceAddress(plan.wanAddresses[index] ?? '', wan.interface, wan.name)),
      interfaceAddress(`${plan.lanPrefix}.1`, plan.lanInterface, 'LAN'),
    ]),
  };
}

function interfaceAddress(address: string, interfaceName: string, comment: string): Properties {
  return {
    address: `${address}/24`,
    network: `${address.split('.').slice(0, 3).join('.')}.0`,
    interface: interfaceName,
    'actual-interface': interfaceName,
    comment,
  };
}

/** In `main` the WANs back each other up in their order; in each WAN's own table its gateway is the only one. */
function defaultRoutes(wans: readonly SimulatedWan[]): Properties[] {
  const route = (gateway: string, table: string, distance: number): Properties => ({
    'dst-address': '0.0.0.0/0',
    gateway,
    'routing-table': table,
    distance: String(distance),
    scope: '30',
    'target-scope': '10',
    'check-gateway': 'ping',
  });
  return [
    ...wans.map((wan, index) => route(wan.gateway, 'main', index + 1)),
    ...wans.map((wan) => route(wan.gateway, wan.routingMark, 1)),
  ];
}

function filterRules(lanInterface: string): Properties[] {
  return [
    { chain: 'input', action: 'accept', 'connection-state': 'established,related,untracked' },
    { chain: 'input', action: 'drop', 'connection-state': 'invalid' },
    { chain: 'input', action: 'accept', protocol: 'icmp' },
    {
      chain: 'input',
      action: 'drop',
      'in-interface': `!${lanInterface}`,
      log: 'true',
      'log-prefix': 'drop-in',
    },
    { chain: 'forward', action: 'accept', 'connection-state': 'established,related,untracked' },
    { chain: 'forward', action: 'drop', 'connection-state': 'invalid' },
  ];
}
