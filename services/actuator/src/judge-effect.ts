import { Effect } from '@fairlead/model';
import type { TrafficReading } from './read-traffic.ts';

/** What came of a change. Lists are in the order of the WANs, and empty where the counters do not tell. */
export interface Observed {
  readonly effect: Effect;
  readonly reason: string;
  readonly watchedMs: number;
  readonly newConnections: readonly number[];
  readonly rxBps: readonly number[];
  readonly txBps: readonly number[];
}

/** Less than this share of the new connections on the wanted WAN is not what one rule for all of them does. */
const MOST = 0.5;

/** With fewer new connections than this their shares say little about those of the rules. */
const FEWEST = 20;

/** Where a change sends new connections: all to one WAN, or shares to each as they were and as they should be. */
export type Aim =
  | { readonly name: string; readonly position: number; readonly to?: never }
  | { readonly from: readonly number[]; readonly to: readonly number[] };

/**
 * Compares two readings after a change. Where IPv6 is steered, both have to move of what began; one of which nothing began
 * says nothing. Pure.
 */
export function judgeEffect(before: TrafficReading, after: TrafficReading, aim: Aim): Observed {
  const ipv4 = judgeOne(before, after, aim);
  if (!before.boundIpv6 || !after.boundIpv6) return ipv4;
  const ipv6 = judgeOne({ ...before, bound: before.boundIpv6 }, { ...after, bound: after.boundIpv6 }, aim);
  const effects = [ipv4.effect, ipv6.effect];
  const worst = [Effect.NOT_MOVED, Effect.MOVED].find((effect) => effects.includes(effect));
  return {
    ...ipv4,
    effect: worst ?? Effect.UNKNOWN,
    reason: `IPv4: ${ipv4.reason}; IPv6: ${ipv6.reason}`,
    newConnections:
      ipv6.newConnections.length === 0 || ipv4.newConnections.length === 0
        ? [...ipv4.newConnections, ...ipv6.newConnections]
        : ipv4.newConnections.map((count, i) => count + (ipv6.newConnections[i] ?? 0)),
  };
}

function judgeOne(before: TrafficReading, after: TrafficReading, aim: Aim): Observed {
  const watchedMs = after.atMs - before.atMs;
  const newConnections = growth(before.bound, after.bound);
  const figures = {
    watchedMs,
    newConnections,
    rxBps: rates(growth(before.rxBytes, after.rxBytes), watchedMs),
    txBps: rates(growth(before.txBytes, after.txBytes), watchedMs),
  };
  const told = (effect: Effect, reason: string): Observed => ({ effect, reason, ...figures });
  if (newConnections.length === 0) return told(Effect.UNKNOWN, whyNotCounted(before, after));
  const total = newConnections.reduce((sum, count) => sum + count, 0);
  if (total === 0) return told(Effect.UNKNOWN, `no connection began in ${inSeconds(watchedMs)}`);
  if (aim.to) {
    const counts = `${total} new connections in ${inSeconds(watchedMs)} went ${newConnections.join(':')}`;
    if (total < FEWEST) return told(Effect.UNKNOWN, `${counts}, too few to tell shares by`);
    const isNearer = distance(newConnections, aim.to) < distance(newConnections, aim.from);
    return told(
      isNearer ? Effect.MOVED : Effect.NOT_MOVED,
      `${counts}; ${aim.to.join(':')} is wanted, it was ${aim.from.join(':')}`,
    );
  }
  const there = newConnections[aim.position] ?? 0;
  return told(
    there / total > MOST ? Effect.MOVED : Effect.NOT_MOVED,
    `${there} of ${total} new connections in ${inSeconds(watchedMs)} went by ${aim.name}`,
  );
}

/** Share of one division that stands elsewhere in the other; each in parts of its own sum. */
function distance(one: readonly number[], other: readonly number[]): number {
  const sumOf = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0);
  const [oneSum, otherSum] = [sumOf(one), sumOf(other)];
  return sumOf(one.map((part, i) => Math.abs(part / oneSum - (other[i] ?? 0) / otherSum))) / 2;
}

function whyNotCounted(before: TrafficReading, after: TrafficReading): string {
  const isCounted = ({ bound }: TrafficReading): boolean => bound.every((count) => count !== undefined);
  return isCounted(before) && isCounted(after)
    ? 'the counters of the rules began again'
    : 'not every WAN has a rule that binds connections to it, so none could be counted';
}

/** Empty unless every counter is there in both and none went back. */
function growth(
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
): readonly number[] {
  const grown: number[] = [];
  for (let i = 0; i < after.length; i += 1) {
    const [first, last] = [before[i], after[i]];
    if (first === undefined || last === undefined || last < first) return [];
    grown.push(last - first);
  }
  return grown;
}

const rates = (bytes: readonly number[], elapsedMs: number): readonly number[] =>
  elapsedMs > 0 ? bytes.map((count) => (count * 8_000) / elapsedMs) : [];

export const inSeconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
