import type { Configuration, Properties } from '@fairlead/routeros-config';

/** A WAN as a router's own configuration shows it. */
export interface SuggestedWan {
  readonly name: string;
  /** Absent where the gateway does not tell. */
  readonly interface: string | undefined;
  /** Absent where no routing table or mark leads out of it. */
  readonly routingMark: string | undefined;
}

/** What an inventory can say of a router without asking anybody. */
export interface SuggestedRouter {
  readonly identity: string | undefined;
  /** What default routes lead out of: those with a routing table or mark of their own first. */
  readonly wans: readonly SuggestedWan[];
  /** Comment of the one mangle rule that says where new connections go; absent where there is not exactly one. */
  readonly steeringRule: string | undefined;
}

const MOST_WANS = 8;
/** A gateway that is found by another route may be found by one more; RouterOS itself goes no further by default. */
const MOST_HOPS = 3;

/** Reads WANs and steering rule out of the configuration of a router, RouterOS 6 or 7. */
export function suggestRouter(configuration: Configuration): SuggestedRouter {
  const rows = (menu: string): readonly Properties[] =>
    (configuration.lists.get(menu) ?? []).filter(({ disabled }) => disabled !== 'yes');
  const routes = rows('/ip route');
  const defaults = routes
    .filter((route) => (route['dst-address'] ?? '0.0.0.0/0') === '0.0.0.0/0')
    .sort((a, b) => Number(a['distance'] ?? 1) - Number(b['distance'] ?? 1));
  const found = new Map<string, Omit<SuggestedWan, 'name'>>();
  const add = (outInterface: string | undefined, routingMark: string | undefined): void => {
    const key = outInterface ?? `mark ${routingMark ?? ''}`;
    if (!found.has(key)) found.set(key, { interface: outInterface, routingMark });
  };
  const interfaceOf = (gateway: string): string | undefined => outInterfaceOf(gateway, rows, routes);
  for (const route of defaults) {
    const table = tableOf(route);
    if (table !== 'main') add(interfaceOf(route['gateway'] ?? ''), table);
  }
  for (const route of defaults) {
    const gateways = tableOf(route) === 'main' ? (route['gateway'] ?? '').split(',') : [];
    for (const gateway of gateways) add(interfaceOf(gateway), undefined);
  }
  const makesDefault = (client: Properties): boolean => (client['add-default-route'] ?? 'yes') !== 'no';
  for (const client of rows('/ip dhcp-client').filter(makesDefault)) add(client['interface'], undefined);
  for (const client of rows('/interface pppoe-client').filter(makesDefault)) add(client['name'], undefined);
  found.delete('mark ');
  const wans = [...found.values()].slice(0, MOST_WANS).map((wan, i) => ({ name: `ISP${i + 1}`, ...wan }));
  return {
    identity: configuration.settings.get('/system identity')?.['name'],
    wans,
    steeringRule: findSteeringRule(rows('/ip firewall mangle'), wans),
  };
}

const tableOf = (route: Properties): string => route['routing-table'] ?? route['routing-mark'] ?? 'main';

type Rows = (menu: string) => readonly Properties[];

/** The interface that a gateway is reached by: named itself, on one of its networks, or found by a route to it. */
function outInterfaceOf(
  gateway: string,
  rows: Rows,
  routes: readonly Properties[],
  hops = MOST_HOPS,
): string | undefined {
  const [host = '', named] = gateway.split(/[%@]/);
  if (gateway.includes('%')) return named;
  const address = addressOf(host);
  // A PPP interface is its own gateway.
  if (address === undefined) return host === '' ? undefined : host;
  const network = rows('/ip address').find((row) => contains(row['address'] ?? '', address));
  if (network || hops === 0) return network?.['interface'];
  const route = routes.find((row) => row['dst-address'] === `${host}/32` && row['gateway'] !== gateway);
  return route && outInterfaceOf(route['gateway'] ?? '', rows, routes, hops - 1);
}

/**
 * The rule that gives all new connections one routing mark. Rules of one WAN are left out: those of connections that came in
 * by it or were given to it before, and those of a share of the connections (PCC, Nth).
 */
function findSteeringRule(mangle: readonly Properties[], wans: readonly SuggestedWan[]): string | undefined {
  const marks = new Set(wans.map(({ routingMark }) => routingMark));
  const isOfOneWan = (rule: Properties): boolean =>
    wans.some((wan) => wan.interface !== undefined && wan.interface === rule['in-interface']) ||
    ['routing-mark', 'per-connection-classifier', 'nth'].some((name) => rule[name] !== undefined);
  const rules = mangle.filter((rule) => {
    const mark = rule['connection-mark'];
    const markers = mangle.filter((other) => mark !== undefined && other['new-connection-mark'] === mark);
    const isSteering = rule['action'] === 'mark-routing' && rule['chain'] === 'prerouting';
    return isSteering && marks.has(rule['new-routing-mark']) && ![rule, ...markers].some(isOfOneWan);
  });
  const comment = rules[0]?.['comment'];
  const bearers = mangle.filter((rule) => rule['comment'] === comment);
  return rules.length === 1 && bearers.length === 1 ? comment : undefined;
}

/** An IPv4 address as a number; undefined for anything else. */
function addressOf(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  return text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function contains(network: string, address: number): boolean {
  const [host = '', length = '32'] = network.split('/');
  const base = addressOf(host);
  const size = 2 ** (32 - Number(length));
  return base !== undefined && Math.floor(base / size) === Math.floor(address / size);
}
