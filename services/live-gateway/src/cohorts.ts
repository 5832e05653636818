import type { Channel } from './channel.ts';
import { Cohort, type CohortMember, type Follow } from './cohort.ts';
import type { GatewayMetrics } from './metrics.ts';

/** All cohorts: one for each way to subscribe that somebody uses. */
export class Cohorts {
  readonly #metrics: GatewayMetrics;
  readonly #cohorts = new Map<string, Cohort>();
  readonly #numbers = new WeakMap<Channel, number>();
  #lastNumber = 0;

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics;
  }

  /** Takes a client in that has all that there is. */
  join(member: CohortMember, follows: readonly Follow[]): Cohort {
    const key = follows.map((follow) => this.#keyOf(follow)).join();
    const cohort = this.#cohorts.get(key) ?? new Cohort(follows, this.#metrics);
    this.#cohorts.set(key, cohort);
    cohort.add(member);
    return cohort;
  }

  advance(nowMs: number): void {
    for (const [key, cohort] of this.#cohorts) {
      if (cohort.size > 0) cohort.advance(nowMs);
      // Nobody was left: the next who subscribes so begins another one.
      else this.#cohorts.delete(key);
    }
  }

  tick(frame: Buffer): void {
    for (const cohort of this.#cohorts.values()) cohort.tick(frame);
  }

  #keyOf({ id, channel, history }: Follow): string {
    let number = this.#numbers.get(channel);
    if (number === undefined) {
      number = this.#lastNumber += 1;
      this.#numbers.set(channel, number);
    }
    return `${id}:${number}:${history}`;
  }
}
