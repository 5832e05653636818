import type {
  DefaultRoute,
  NetwatchEntry,
  RouterAddress,
  RouterInterface,
  RoutingTable,
  SteeringRule,
} from '@fairlead/model';
import { parseCounter, parseFlag } from '@fairlead/routeros';

/*
 * Records from the properties of items. What the router left out is absent. Names of properties: RouterOS manual,
 * the page of each menu; they differ between RouterOS 6 and 7 where it says so.
 */

export type Properties = Readonly<Record<string, string>>;

export const INTERFACE =
  '.id,name,name.oid,type,running,disabled,dynamic,comment,mtu,actual-mtu,link-downs,last-link-up-time,last-link-down-time';

export function toInterface(properties: Properties): RouterInterface {
  return {
    name: properties['name'] ?? '',
    // The OID of the name is ifDescr (IF-MIB); its last arc is the ifIndex.
    ifIndex: parseUint32(properties['name.oid']?.split('.').at(-1)),
    type: properties['type'] ?? '',
    running: parseFlag(properties['running']),
    disabled: parseFlag(properties['disabled']),
    comment: properties['comment'],
    dynamic: parseFlag(properties['dynamic']),
    mtu: parseUint32(properties['actual-mtu']) ?? parseUint32(properties['mtu']),
    linkDowns: parseUint32(properties['link-downs']),
    lastLinkUp: properties['last-link-up-time'],
    lastLinkDown: properties['last-link-down-time'],
  };
}

export const ADDRESS = '.id,address,interface,actual-interface,disabled,invalid,dynamic,comment';

export const toAddress = (properties: Properties): RouterAddress => ({
  address: properties['address'] ?? '',
  interface: properties['actual-interface'] ?? properties['interface'] ?? '',
  disabled: parseFlag(properties['disabled']),
  invalid: parseFlag(properties['invalid']),
  dynamic: parseFlag(properties['dynamic']),
  comment: properties['comment'],
});

/** RouterOS 6: routing-mark, gateway-status. RouterOS 7: routing-table, immediate-gw. */
export const ROUTE =
  '.id,dst-address,gateway,routing-table,routing-mark,distance,check-gateway,gateway-status,immediate-gw,active,disabled,dynamic,comment';

export const toDefaultRoute = (properties: Properties): DefaultRoute => ({
  id: properties['.id'] ?? '',
  destination: properties['dst-address'] ?? '',
  table: properties['routing-table'] ?? properties['routing-mark'] ?? 'main',
  active: parseFlag(properties['active']) ?? false,
  gateway: properties['gateway'],
  gatewayStatus: properties['gateway-status'],
  immediateGateway: properties['immediate-gw'],
  checkGateway: properties['check-gateway'],
  distance: parseUint32(properties['distance']),
  disabled: parseFlag(properties['disabled']),
  dynamic: parseFlag(properties['dynamic']),
  comment: properties['comment'],
});

export const TABLE = '.id,name,fib,disabled,invalid,dynamic,comment';

export const toRoutingTable = (properties: Properties): RoutingTable => ({
  name: properties['name'] ?? '',
  // A word without a value.
  fib: properties['fib'] !== undefined && properties['fib'] !== 'false',
  disabled: parseFlag(properties['disabled']),
  invalid: parseFlag(properties['invalid']),
  dynamic: parseFlag(properties['dynamic']),
  comment: properties['comment'],
});

export const NETWATCH = '.id,host,name,type,status,since,interval,disabled,comment';

export const toNetwatch = (properties: Properties): NetwatchEntry => ({
  host: properties['host'] ?? '',
  name: properties['name'],
  type: properties['type'],
  status: properties['status'],
  since: properties['since'],
  interval: properties['interval'],
  disabled: parseFlag(properties['disabled']),
  comment: properties['comment'],
});

/** Matchers that are kept as `name=value`. */
const MATCHERS = [
  'connection-nat-state',
  'connection-state',
  'dst-address',
  'dst-address-list',
  'dst-address-type',
  'dst-port',
  'hw-offload',
  'in-interface',
  'in-interface-list',
  'limit',
  'out-interface',
  'out-interface-list',
  'packet-mark',
  'protocol',
  'random',
  'routing-table',
  'src-address',
  'src-address-list',
  'src-address-type',
  'src-port',
  'time',
  'tls-host',
];

export const RULE = `.id,chain,action,comment,disabled,invalid,dynamic,bytes,packets,passthrough,new-routing-mark,new-connection-mark,connection-mark,routing-mark,per-connection-classifier,nth,${MATCHERS.join(',')}`;

export const toRule =
  (menu: string) =>
  (properties: Properties): SteeringRule => ({
    id: properties['.id'] ?? '',
    chain: properties['chain'] ?? '',
    action: properties['action'] ?? '',
    comment: properties['comment'] ?? '',
    newRoutingMark: properties['new-routing-mark'] ?? '',
    disabled: parseFlag(properties['disabled']) ?? false,
    invalid: parseFlag(properties['invalid']) ?? false,
    dynamic: parseFlag(properties['dynamic']) ?? false,
    bytes: parseCounter(properties['bytes']),
    packets: parseCounter(properties['packets']),
    menu,
    newConnectionMark: properties['new-connection-mark'],
    connectionMark: properties['connection-mark'],
    routingMark: properties['routing-mark'],
    perConnectionClassifier: properties['per-connection-classifier'],
    nth: properties['nth'],
    passthrough: parseFlag(properties['passthrough']),
    matchers: MATCHERS.flatMap((name) =>
      properties[name] === undefined ? [] : [`${name}=${properties[name]}`],
    ),
  });

export function parseUint32(text: string | undefined): number | undefined {
  const value = parseCounter(text);
  return value !== undefined && value <= 0xffff_ffffn ? Number(value) : undefined;
}
