import { decide } from '../decide.ts';
import type { SteeringPolicy } from '../steering-policy.ts';
import type { SteeringReading, SteeringSample } from '../steering-sample.ts';
import { initialSteeringState, type SteeringState } from '../steering-state.ts';

/** Something that says, reading for reading, how new connections split. */
export interface Steerer {
  steer(timeMs: number, readings: readonly SteeringReading[], weights: readonly number[]): readonly number[];
}

/** Ours: the router obeys between two samples. */
export class PolicySteerer implements Steerer {
  #state: SteeringState = initialSteeringState;
  readonly policy: SteeringPolicy;

  constructor(policy: SteeringPolicy) {
    this.policy = policy;
  }

  steer(timeMs: number, readings: readonly SteeringReading[], weights: readonly number[]): readonly number[] {
    const sample: SteeringSample = { timeMs, readings, weights };
    const { state, decision } = decide(this.policy, this.#state, sample);
    this.#state = state;
    return decision ? decision.to : weights;
  }
}

/** PCC with fixed weights. A route through a dead gateway goes away, and its share goes to the others. */
export class StaticSteerer implements Steerer {
  readonly split: readonly number[];

  constructor(split: readonly number[]) {
    this.split = split;
  }

  steer(_: number, readings: readonly SteeringReading[]): readonly number[] {
    return this.split.map((weight, i) => (readings[i]?.running === false ? 0 : weight));
  }
}

/** The first WAN that runs, by check-gateway alone. */
export class FailoverSteerer implements Steerer {
  steer(_: number, readings: readonly SteeringReading[]): readonly number[] {
    const first = readings.findIndex((reading) => reading.running !== false);
    return readings.map((__, i) => (i === first ? 1 : 0));
  }
}

/**
 * The script of the presentation on the router: traffic-monitor entries on what the first of two WANs receives, above
 * the one limit to the second, below the other back. A route that is dead falls through to the other.
 */
export class MonitorSteerer implements Steerer {
  #isMoved = false;
  readonly aboveBps: number;
  readonly belowBps: number;

  constructor(aboveBps: number, belowBps: number) {
    this.aboveBps = aboveBps;
    this.belowBps = belowBps;
  }

  steer(_: number, readings: readonly SteeringReading[]): readonly number[] {
    const [first, second] = readings;
    const rxBps = first?.rates?.rxBps ?? 0;
    if (rxBps > this.aboveBps) this.#isMoved = true;
    else if (rxBps < this.belowBps) this.#isMoved = false;
    if (first?.running === false) return [0, 1];
    if (second?.running === false) return [1, 0];
    return this.#isMoved ? [0, 1] : [1, 0];
  }
}
