import { Random } from './random.ts';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** What a day at a site is like. Demand is the mean wish of all connections, as a share of the received capacity. */
export interface TrafficModel {
  readonly name: string;
  /** Mean demand at an hour of the day, 0 to 24. */
  readonly demand: (hour: number) => number;
  /** A connection of many times the usual wish each two hours: a backup, an image of a machine. */
  readonly hasElephants?: boolean;
  /** Mean life of a connection; 90 s unless given. */
  readonly meanS?: number;
  /** Share of connections of a fixed rate, such as calls, cameras and video; a fifth unless given. */
  readonly fixedShare?: number;
  /** When a WAN is down, in hours: position, from, to. */
  readonly outage?: readonly [number, number, number];
}

const office = (hour: number): number =>
  hour < 7 || hour >= 20 ? 0.08 : 0.1 + 0.75 * Math.sin((Math.PI * (hour - 7)) / 13);
const evening = (hour: number): number => (hour < 18 || hour >= 23 ? 0.2 : 0.85);
const flash = (hour: number): number => (hour >= 14 && hour < 14.75 ? 1.3 : 0.35);

export const trafficModels: readonly TrafficModel[] = [
  { name: 'steady 40 %', demand: () => 0.4 },
  { name: 'steady 70 %', demand: () => 0.7 },
  { name: 'steady 90 %', demand: () => 0.9 },
  { name: 'day curve', demand: office },
  { name: 'flash crowd', demand: flash },
  { name: 'elephants', demand: () => 0.35, hasElephants: true },
  { name: 'outage', demand: () => 0.4, outage: [0, 10, 11] },
  { name: 'short web flows', demand: () => 0.7, meanS: 8, fixedShare: 0 },
  { name: 'calls', demand: () => 0.7, meanS: 180, fixedShare: 1 },
  { name: 'video evening', demand: evening, meanS: 600, fixedShare: 0.8 },
];

/** The connections of a day, in order of arrival. One that does not get its wish loses the difference. */
export interface SiteDay {
  readonly stepS: number;
  readonly steps: number;
  readonly arrivals: number;
  readonly arriveStep: Int32Array;
  readonly rxBps: Float64Array;
  readonly txBps: Float64Array;
  /** Where the connection falls in [0, 1) when weights split: the hash of its addresses. */
  readonly hash: Float64Array;
  /** Connections in order of their end, and the step each of them ends at. */
  readonly ending: Int32Array;
  readonly endStep: Int32Array;
}

/**
 * Draws a day: a fifth of the wish (or the model's share) is calls and cameras of a fixed rate, the rest downloads (TCP, as fast as it gets, up
 * to what the client or server bears) and a few uploads; lengths have a heavy tail. The same seed gives the same day.
 */
export function drawSiteDay(model: TrafficModel, capacityRxBps: number, seed: number, stepS = 5): SiteDay {
  const random = new Random(seed);
  const steps = DAY_S / stepS;
  const drawn: { arrive: number; end: number; rx: number; tx: number; hash: number }[] = [];
  const add = (arrive: number, lengthS: number, rx: number, tx: number): void => {
    const end = Math.min(steps, arrive + Math.max(1, Math.round(lengthS / stepS)));
    drawn.push({ arrive, end, rx, tx, hash: random.next() });
  };
  const meanBps = capacityRxBps * 0.02;
  const { meanS = 90, fixedShare = 0.2 } = model;
  const downloads = fixedShare + (1 - fixedShare) * 0.9375;
  for (let step = 0; step < steps; step += 1) {
    const wishBps = model.demand((step * stepS) / HOUR_S) * capacityRxBps;
    // Little's law: what arrives in a step, times how long it stays, is the mean wish.
    let due = (wishBps / meanBps) * (stepS / meanS);
    for (due -= random.exponential(); due > 0; due -= random.exponential()) {
      const kind = random.next();
      if (kind < fixedShare) add(step, meanS * random.exponential(), meanBps, meanBps * 0.3);
      else if (kind < downloads)
        add(step, meanS * random.pareto(), meanBps * random.exponential(), meanBps * 0.03);
      else add(step, meanS * random.exponential(), meanBps * 0.1, meanBps * 0.5 * random.exponential());
    }
    if (model.hasElephants === true && random.next() < stepS / (2 * HOUR_S)) {
      add(step, 900 * (0.5 + random.next()), capacityRxBps * (0.2 + 0.3 * random.next()), meanBps * 0.1);
    }
  }
  const byEnd = Int32Array.from(drawn.keys()).sort((a, b) => (drawn[a]?.end ?? 0) - (drawn[b]?.end ?? 0));
  return {
    stepS,
    steps,
    arrivals: drawn.length,
    arriveStep: Int32Array.from(drawn, ({ arrive }) => arrive),
    rxBps: Float64Array.from(drawn, ({ rx }) => rx),
    txBps: Float64Array.from(drawn, ({ tx }) => tx),
    hash: Float64Array.from(drawn, ({ hash }) => hash),
    ending: byEnd,
    endStep: Int32Array.from(byEnd, (i) => drawn[i]?.end ?? 0),
  };
}
