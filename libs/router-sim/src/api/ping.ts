import { isIPv4 } from 'node:net';
import type { Properties } from '../config/config-table.ts';
import type { PingAnswer, PingRequest } from '../kernel/ping.ts';
import { intervalMs } from './interval.ts';
import type { Row } from './menu.ts';
import { trap } from './traps.ts';

/** What a computed ping looks at. */
export interface PingWorld {
  readonly addresses: () => readonly Row[];
  readonly routes: () => readonly Row[];
  /** Whether hosts beyond this gateway answer. */
  answersBeyond(gateway: string): boolean;
}

const [LEAST_BYTES, MOST_BYTES] = [28, 65_535];

/**
 * The parameters of `/ping`.
 * @param interfaces names of the router's interfaces
 * @throws ApiTrap when the address is missing or is none, and on what RouterOS of this version does not take
 */
export function readPing(
  parameters: Properties,
  majorVersion: number,
  interfaces: readonly (string | undefined)[],
): PingRequest {
  const { address = '', count, size = '56', interval = '1s', interface: out } = parameters;
  const foreign = majorVersion > 6 ? 'routing-table' : 'vrf';
  if (parameters[foreign] !== undefined) throw trap('unknownParameter', foreign);
  if (address === '') throw trap('missingArgument', 'address');
  if (!isIPv4(address)) throw trap('unknownHost');
  if (out !== undefined && !interfaces.includes(out)) throw trap('badValue', 'interface');
  const sizeBytes = Number(size);
  if (!Number.isInteger(sizeBytes) || sizeBytes < LEAST_BYTES || sizeBytes > MOST_BYTES)
    throw trap('badValue', 'size');
  return {
    address,
    count: count === undefined ? undefined : Math.max(1, Number.parseInt(count, 10) || 1),
    intervalMs: intervalMs(interval),
    sizeBytes,
    table: parameters['routing-table'] ?? parameters['vrf'] ?? 'main',
    interface: out,
  };
}

/** Makes the row of each probe as its answer comes, with what was sent, received and lost so far. */
export function createPingRows(
  { address, sizeBytes }: PingRequest,
  majorVersion: number,
): (answer: PingAnswer) => Row {
  let sent = 0;
  let received = 0;
  let [minMs, maxMs, sumMs] = [Number.POSITIVE_INFINITY, 0, 0];
  const timeOf = (ms: number): string => formatTime(ms, majorVersion);
  return (answer) => {
    const seq = sent;
    sent += 1;
    if ('rttMs' in answer) {
      received += 1;
      sumMs += answer.rttMs;
      [minMs, maxMs] = [Math.min(minMs, answer.rttMs), Math.max(maxMs, answer.rttMs)];
    }
    return {
      properties: {
        seq: String(seq),
        host: address,
        ...('rttMs' in answer
          ? { size: String(sizeBytes), ttl: String(answer.ttl), time: timeOf(answer.rttMs) }
          : answer),
        sent: String(sent),
        received: String(received),
        'packet-loss': String(Math.floor(((sent - received) * 100) / sent)),
        ...(received > 0 && {
          'min-rtt': timeOf(minMs),
          'avg-rtt': timeOf(sumMs / received),
          'max-rtt': timeOf(maxMs),
        }),
      },
    };
  };
}

/** RouterOS 7 tells microseconds, `1ms230us`, RouterOS 6 does not. */
function formatTime(ms: number, majorVersion: number): string {
  const us = Math.floor(ms * 1_000 + 1e-6);
  const rest = majorVersion > 6 ? us % 1_000 : 0;
  const whole = Math.floor(us / 1_000);
  if (rest === 0) return `${whole}ms`;
  return whole === 0 ? `${rest}us` : `${whole}ms${rest}us`;
}

/** Round trip to the router itself, to a gateway, and beyond. */
const SELF: PingAnswer = { rttMs: 0, ttl: 64 };
const GATEWAY: PingAnswer = { rttMs: 1, ttl: 64 };
const BEYOND: PingAnswer = { rttMs: 12, ttl: 55 };
const TIMEOUT: PingAnswer = { status: 'timeout' };

/**
 * The answer in a world without names and with a steady network: an address answers when it is the router's own, a
 * gateway whose link is up, or anything while it has a route of its own, or a default route of the table (or else of `main`) is
 * active, and the network behind the gateway is up. Out of a given interface only routes by its network count.
 */
export function computePing(
  { address, table, interface: out }: PingRequest,
  { addresses, routes, answersBeyond }: PingWorld,
): PingAnswer {
  const own = addresses().some(({ properties }) => properties['address']?.split('/')[0] === address);
  if (own || address === '127.0.0.1') return SELF;
  const rows = routes().map(({ properties }) => properties);
  const toGateway = rows.filter(({ gateway }) => gateway === address);
  if (toGateway.length > 0) {
    if (!toGateway.some((route) => route['inactive'] !== 'true')) return TIMEOUT;
    return rows.some((route) => route['dst-address'] === `${address}/32`) ? BEYOND : GATEWAY;
  }
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
  return route && answersBeyond(route['gateway'] ?? '') ? BEYOND : TIMEOUT;
}

const isDefault = (route: Properties): boolean => route['dst-address'] === '0.0.0.0/0';

/** The simulated networks are all of 24 bits. */
const networkOf = (address = ''): string => address.split('.').slice(0, 3).join('.');
