import type { SteeredWan } from '../steering-policy.ts';
import type { SteeringReading } from '../steering-sample.ts';
import type { LinkDay } from './links.ts';
import type { SiteDay, TrafficModel } from './site-traffic.ts';
import type { Steerer } from './steerers.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 2);
const LIMIT = 0.95;

export interface SiteDayResult {
  /** Bits carried, and what one link of the capacity of all that are up would have carried of the same wishes. */
  readonly carriedBits: number;
  readonly bestBits: number;
  /** Changes of the split in each hour. */
  readonly flips: readonly number[];
  /** Seconds in which a WAN was above 95 % while another had room for what exceeded it. */
  readonly secondsAboveLimit: number;
  /** Samples at which a WAN got more that was down, or that had less than 5 % of its capacity left. */
  readonly badFlips: number;
  /** Mean length of the times in which a WAN was full beside one with room, in seconds; 0 without any. */
  readonly reliefS: number;
  /** Seconds until the WAN of the outage got no new connections, and from its return until it got some; null without. */
  readonly failOverS: number | null;
  readonly failBackS: number | null;
  /** Jain's index of what each connection gets of its wish, from 1 (all alike) down; the mean over the day. */
  readonly fairness: number;
}

/**
 * A day of connections on links that share fairly: each carries the sum of the wishes on it, up to its capacity. A
 * connection stays where it began, as the sticky marks have it, and gets nothing while that WAN is down.
 */
export function runSiteDay(
  day: SiteDay,
  wans: readonly SteeredWan[],
  steerer: Steerer,
  outage?: TrafficModel['outage'],
  links?: readonly LinkDay[],
): SiteDayResult {
  const count = wans.length;
  const wishRx = new Float64Array(count);
  const wishTx = new Float64Array(count);
  const connections = new Float64Array(count);
  const placed = new Uint8Array(day.arrivals);
  const flips = Array.from({ length: Math.ceil((day.steps * day.stepS) / 3_600) }, () => 0);
  let weights: readonly number[] = wans.map((_, i) => (i === 0 ? 1 : 0));
  let carriedBits = 0;
  let bestBits = 0;
  let secondsAboveLimit = 0;
  let badFlips = 0;
  let arriving = 0;
  let ending = 0;
  let crowdings = 0;
  let fairnessSum = 0;
  let wasCrowded = false;
  let failOverS: number | null = null;
  let failBackS: number | null = null;
  for (let step = 0; step < day.steps; step += 1) {
    const hour = (step * day.stepS) / 3_600;
    for (; ending < day.arrivals && (day.endStep[ending] ?? 0) <= step; ending += 1) {
      const connection = day.ending[ending] ?? 0;
      const wan = placed[connection] ?? 0;
      wishRx[wan] = (wishRx[wan] ?? 0) - (day.rxBps[connection] ?? 0);
      wishTx[wan] = (wishTx[wan] ?? 0) - (day.txBps[connection] ?? 0);
      connections[wan] = (connections[wan] ?? 0) - 1;
    }
    for (; arriving < day.arrivals && (day.arriveStep[arriving] ?? 0) <= step; arriving += 1) {
      const wan = pick(weights, day.hash[arriving] ?? 0);
      placed[arriving] = wan;
      wishRx[wan] = (wishRx[wan] ?? 0) + (day.rxBps[arriving] ?? 0);
      wishTx[wan] = (wishTx[wan] ?? 0) + (day.txBps[arriving] ?? 0);
      connections[wan] = (connections[wan] ?? 0) + 1;
    }
    if (outage) {
      const share = weights[outage[0]] ?? 0;
      if (hour >= outage[1] && share === 0) failOverS ??= (hour - outage[1]) * 3_600;
      if (hour >= outage[2] && share > 0) failBackS ??= (hour - outage[2]) * 3_600;
    }
    const readings: SteeringReading[] = [];
    let allRx = 0;
    let allTx = 0;
    let capacityRx = 0;
    let capacityTx = 0;
    let isFull = false;
    let spareShare = 0;
    let served = 0;
    let servedSquared = 0;
    let open = 0;
    for (let i = 0; i < count; i += 1) {
      const wan = wans[i];
      if (!wan) continue;
      const isOut = outage?.[0] === i && hour >= outage[1] && hour < outage[2];
      allRx += wishRx[i] ?? 0;
      allTx += wishTx[i] ?? 0;
      open += connections[i] ?? 0;
      if (isOut) {
        readings.push({ wan: wan.name, running: false });
        continue;
      }
      const share = links?.[i]?.share[step] ?? 1;
      const loss = links?.[i]?.loss[step] ?? 0;
      const rxBps = Math.max(0, Math.min(wan.capacity.rxBps * share, wishRx[i] ?? 0));
      const txBps = Math.max(0, Math.min(wan.capacity.txBps * share, wishTx[i] ?? 0));
      capacityRx += wan.capacity.rxBps * share * (1 - loss);
      capacityTx += wan.capacity.txBps * share * (1 - loss);
      carriedBits += (rxBps + txBps) * (1 - loss) * day.stepS;
      const wishBps = (wishRx[i] ?? 0) + (wishTx[i] ?? 0);
      const part = wishBps > 0 ? ((rxBps + txBps) * (1 - loss)) / wishBps : 0;
      served += (connections[i] ?? 0) * part;
      servedSquared += (connections[i] ?? 0) * part * part;
      const load = Math.max(rxBps / wan.capacity.rxBps, txBps / wan.capacity.txBps);
      if (load > LIMIT) isFull = true;
      else spareShare += LIMIT - load;
      const probe = links && { loss, latencyMs: 20 };
      readings.push({ wan: wan.name, running: true, rates: { rxBps, txBps }, probe });
    }
    bestBits += (Math.min(allRx, capacityRx) + Math.min(allTx, capacityTx)) * day.stepS;
    fairnessSum += servedSquared > 0 ? served ** 2 / (open * servedSquared) : 1;
    const isCrowded = isFull && spareShare > 0.1;
    if (isCrowded) secondsAboveLimit += day.stepS;
    if (isCrowded && !wasCrowded) crowdings += 1;
    wasCrowded = isCrowded;
    const next = steerer.steer(START_MS + step * day.stepS * 1_000, readings, weights);
    if (isOther(next, weights)) {
      const at = Math.floor((step * day.stepS * 1_000) / HOUR_MS);
      flips[at] = (flips[at] ?? 0) + 1;
      if (isBad(weights, next, readings, wans)) badFlips += 1;
      weights = next;
    }
  }
  const reliefS = crowdings === 0 ? 0 : secondsAboveLimit / crowdings;
  const fairness = fairnessSum / day.steps;
  return {
    carriedBits,
    bestBits,
    flips,
    secondsAboveLimit,
    badFlips,
    reliefS,
    failOverS,
    failBackS,
    fairness,
  };
}

function pick(weights: readonly number[], hash: number): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  let left = hash * sum;
  for (let i = 0; i < weights.length; i += 1) {
    left -= weights[i] ?? 0;
    if (left < 0) return i;
  }
  return 0;
}

function isOther(one: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return true;
  return false;
}

function isBad(
  before: readonly number[],
  after: readonly number[],
  readings: readonly SteeringReading[],
  wans: readonly SteeredWan[],
): boolean {
  let sumBefore = 0;
  let sumAfter = 0;
  for (const weight of before) sumBefore += weight;
  for (const weight of after) sumAfter += weight;
  for (let i = 0; i < wans.length; i += 1) {
    if ((after[i] ?? 0) / sumAfter <= (before[i] ?? 0) / sumBefore + 1e-9) continue;
    const reading = readings[i];
    const capacity = wans[i]?.capacity;
    if (reading?.running !== true || !reading.rates || !capacity) return true;
    if (reading.rates.rxBps > LIMIT * capacity.rxBps || reading.rates.txBps > LIMIT * capacity.txBps)
      return true;
  }
  return false;
}
