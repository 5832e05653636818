import { isIPv4 } from 'node:net';
import type { Properties } from '../config/config-table.ts';
import type { Row } from './menu.ts';
import { trap } from './traps.ts';

/** One `/ping`: gives a row for each probe. */
export interface Ping {
  /** Probes wanted; undefined without end. */
  readonly count: number | undefined;
  probe(): Row;
}

/** What a ping looks at. */
export interface PingWorld {
  readonly addresses: () => readonly Row[];
  readonly routes: () => readonly Row[];
  /** RouterOS 6 or 7. */
  readonly majorVersion: number;
  /** Whether hosts beyond this gateway answer. */
  answersBeyond(gateway: string): boolean;
}

/** Round trip to the router itself, to a gateway, and beyond, in milliseconds. */
const RTT_MS = { self: 0, gateway: 1, beyond: 12 };

/**
 * The pings of a world without names and with a steady network: an address answers when it is the router's own, a
 * gateway whose link is up, or anything while it has a route of its own, or a default route of the table (or else of `main`) is
 * active, and the network behind the gateway is up. Out of a given interface only routes by its network count.
 * @throws ApiTrap when the address is missing or is none
 */
export function createPing(parameters: Properties, world: PingWorld): Ping {
  const { address = '', count, size = '56' } = parameters;
  const foreign = world.majorVersion > 6 ? 'routing-table' : 'vrf';
  if (parameters[foreign] !== undefined) throw trap('unknownParameter', foreign);
  if (address === '') throw trap('missingArgument', 'address');
  if (!isIPv4(address)) throw trap('unknownHost');
  let sent = 0;
  let received = 0;
  let [minMs, maxMs, sumMs] = [Number.POSITIVE_INFINITY, 0, 0];
  return {
    count: count === undefined ? undefined : Math.max(1, Number.parseInt(count, 10) || 1),
    probe() {
      const rttMs = roundTrip(address, parameters, world);
      const seq = sent;
      sent += 1;
      if (rttMs !== undefined) {
        received += 1;
        sumMs += rttMs;
        [minMs, maxMs] = [Math.min(minMs, rttMs), Math.max(maxMs, rttMs)];
      }
      const answer: Properties =
        rttMs === undefined
          ? { status: 'timeout' }
          : { size, ttl: rttMs === RTT_MS.beyond ? '55' : '64', time: `${rttMs}ms` };
      const rtts: Properties =
        received === 0
          ? {}
          : {
              'min-rtt': `${minMs}ms`,
              'avg-rtt': `${Math.floor(sumMs / received)}ms`,
              'max-rtt': `${maxMs}ms`,
            };
      return {
        properties: {
          seq: String(seq),
          host: address,
          ...answer,
          sent: String(sent),
          received: String(received),
          'packet-loss': String(Math.floor(((sent - received) * 100) / sent)),
          ...rtts,
        },
      };
    },
  };
}

function roundTrip(
  address: string,
  parameters: Properties,
  { addresses, routes, answersBeyond }: PingWorld,
): number | undefined {
  const table = parameters['routing-table'] ?? parameters['vrf'] ?? 'main';
  const own = addresses().some(({ properties }) => properties['address']?.split('/')[0] === address);
  if (own || address === '127.0.0.1') return RTT_MS.self;
  const rows = routes().map(({ properties }) => properties);
  const toGateway = rows.filter(({ gateway }) => gateway === address);
  if (toGateway.length > 0) {
    if (!toGateway.some((route) => route['inactive'] !== 'true')) return undefined;
    return rows.some((route) => route['dst-address'] === `${address}/32`) ? RTT_MS.beyond : RTT_MS.gateway;
  }
  const { interface: out } = parameters;
  const networks = addresses()
    .filter(({ properties }) => properties['interface'] === out)
    .map(({ properties }) => networkOf(properties['address']));
  const leadsOut = ({ gateway }: Properties): boolean =>
    out === undefined || networks.includes(networkOf(gateway));
  const [route] = [table, 'main'].flatMap((wanted) =>
    rows
      .filter((row) => (row['routing-table'] ?? row['routing-mark'] ?? 'main') === wanted && leadsOut(row))
      .filter((row) =>
        row['dst-address'] === `${address}/32`
          ? row['disabled'] !== 'true'
          : row['dst-address'] === '0.0.0.0/0' && row['active'] === 'true',
      )
      .sort((one, other) => Number(isDefault(one)) - Number(isDefault(other))),
  );
  return route && answersBeyond(route['gateway'] ?? '') ? RTT_MS.beyond : undefined;
}

const isDefault = (route: Properties): boolean => route['dst-address'] === '0.0.0.0/0';

/** The simulated networks are all of 24 bits. */
const networkOf = (address = ''): string => address.split('.').slice(0, 3).join('.');
