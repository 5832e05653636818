import type { SteeredWan } from '../steering-policy.ts';
import type { SteeringReading } from '../steering-sample.ts';
import type { SiteDay } from './site-traffic.ts';
import type { Steerer } from './steerers.ts';

const HOUR_S = 3_600;
/** The hour is searched in steps of this. */
const GRID_S = 150;
const STAYS_S = [10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200];
/** What a stay does is seen this long after its hour. */
const AFTER_S = 600;

/**
 * One rule, four changes an hour, and the day known beforehand: in each hour the two stays away from the first WAN that
 * carry the most, found one after the other by trying all of a grid. What a policy of one rule could reach about, if it
 * knew the future; a greedy search, so a little more may be possible. For two WANs that are up.
 */
export class HindsightSteerer implements Steerer {
  readonly #away: Uint8Array;
  readonly #stepMs: number;
  #startMs: number | undefined;

  constructor(day: SiteDay, wans: readonly SteeredWan[]) {
    this.#away = planAways(day, wans);
    this.#stepMs = day.stepS * 1_000;
  }

  steer(timeMs: number, readings: readonly SteeringReading[]): readonly number[] {
    this.#startMs ??= timeMs;
    const next = Math.round((timeMs - this.#startMs) / this.#stepMs) + 1;
    const isAway = (this.#away[next] ?? 0) === 1;
    return readings.map((_, i) => (i === (isAway ? 1 : 0) ? 1 : 0));
  }
}

function planAways(day: SiteDay, wans: readonly SteeredWan[]): Uint8Array {
  const away = new Uint8Array(day.steps + 1);
  const perHour = HOUR_S / day.stepS;
  const trial = new Trial(day, wans);
  for (let from = 0; from < day.steps; from += perHour) {
    const to = Math.min(day.steps, from + perHour + AFTER_S / day.stepS);
    let best = trial.run(away, from, to);
    for (let stay = 0; stay < 2; stay += 1) {
      let chosen: readonly [number, number] | undefined;
      for (let at = from; at < Math.min(day.steps, from + perHour); at += GRID_S / day.stepS) {
        for (const stayS of STAYS_S) {
          const end = Math.min(from + perHour, at + stayS / day.stepS);
          if (away.subarray(at - 1, end + 1).includes(1)) continue;
          away.fill(1, at, end);
          const carried = trial.run(away, from, to);
          away.fill(0, at, end);
          if (carried <= best) continue;
          best = carried;
          chosen = [at, end];
        }
      }
      if (chosen) away.fill(1, chosen[0], chosen[1]);
    }
    trial.commit(away, from, Math.min(day.steps, from + perHour));
  }
  return away;
}

/** The day on two links, from one hour to the next, so that an hour can be tried many times. */
class Trial {
  readonly #day: SiteDay;
  readonly #capacity: readonly number[];
  readonly #placed: Uint8Array;
  readonly #kept = { rx: [0, 0], tx: [0, 0], arriving: 0, ending: 0 };

  constructor(day: SiteDay, wans: readonly SteeredWan[]) {
    this.#day = day;
    this.#capacity = wans.slice(0, 2).flatMap(({ capacity }) => [capacity.rxBps, capacity.txBps]);
    this.#placed = new Uint8Array(day.arrivals);
  }

  run(away: Uint8Array, from: number, to: number): number {
    const { rx, tx, arriving, ending } = this.#kept;
    return this.#advance(away, from, to, { rx: [...rx], tx: [...tx], arriving, ending });
  }

  commit(away: Uint8Array, from: number, to: number): void {
    this.#advance(away, from, to, this.#kept);
  }

  #advance(
    away: Uint8Array,
    from: number,
    to: number,
    at: { rx: number[]; tx: number[]; arriving: number; ending: number },
  ): number {
    const day = this.#day;
    const [rx0 = 0, tx0 = 0, rx1 = 0, tx1 = 0] = this.#capacity;
    let carried = 0;
    for (let step = from; step < to; step += 1) {
      for (; at.ending < day.arrivals && (day.endStep[at.ending] ?? 0) <= step; at.ending += 1) {
        const connection = day.ending[at.ending] ?? 0;
        const wan = this.#placed[connection] ?? 0;
        at.rx[wan] = (at.rx[wan] ?? 0) - (day.rxBps[connection] ?? 0);
        at.tx[wan] = (at.tx[wan] ?? 0) - (day.txBps[connection] ?? 0);
      }
      const wan = away[step] ?? 0;
      for (; at.arriving < day.arrivals && (day.arriveStep[at.arriving] ?? 0) <= step; at.arriving += 1) {
        this.#placed[at.arriving] = wan;
        at.rx[wan] = (at.rx[wan] ?? 0) + (day.rxBps[at.arriving] ?? 0);
        at.tx[wan] = (at.tx[wan] ?? 0) + (day.txBps[at.arriving] ?? 0);
      }
      carried += Math.min(rx0, at.rx[0] ?? 0) + Math.min(tx0, at.tx[0] ?? 0);
      carried += Math.min(rx1, at.rx[1] ?? 0) + Math.min(tx1, at.tx[1] ?? 0);
    }
    return carried;
  }
}
