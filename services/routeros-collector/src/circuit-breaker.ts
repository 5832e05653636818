import { backoffMs } from '@fairlead/runtime';

/**
 * closed: a failure is followed by another try after a short pause. open: nothing is tried until a long pause is over.
 * half-open: one try, which begins with a single small command, decides.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitLimits {
  /** Failures in a row that open it. */
  readonly openAfter: number;
  readonly baseMs: number;
  readonly maxMs: number;
  /** First pause after a refusal; it doubles up to `MAX_REFUSALS` times itself. */
  readonly refusedMs: number;
}

export interface CircuitBreaker {
  readonly state: CircuitState;
  /** Failures since it was last steady. */
  readonly failures: number;
  /** To be called before a try. */
  trying(): void;
  /**
   * @param refused the router, or its certificate, said no: another try mends nothing, and the router may count it
   * @returns how long to wait, milliseconds
   */
  failed(refused: boolean): number;
  /** The session has held for long enough to forget what was. A login that works is not enough: it costs the router too. */
  steady(): void;
}

const MAX_REFUSALS = 16;

/** Pauses double, and half of each is random, so that many routers that were lost together do not come back together. */
export function createCircuitBreaker(
  { openAfter, baseMs, maxMs, refusedMs }: CircuitLimits,
  random: () => number = Math.random,
): CircuitBreaker {
  let state: CircuitState = 'closed';
  let failures = 0;
  let refusals = 0;
  return {
    get state() {
      return state;
    },
    get failures() {
      return failures;
    },
    trying() {
      if (state === 'open') state = 'half-open';
    },
    failed(refused) {
      failures += 1;
      refusals = refused ? refusals + 1 : 0;
      if (refused || state === 'half-open' || failures >= openAfter) state = 'open';
      return refused
        ? backoffMs(refusals, { baseMs: refusedMs, maxMs: refusedMs * MAX_REFUSALS, random })
        : backoffMs(failures, { baseMs, maxMs, random });
    },
    steady() {
      state = 'closed';
      failures = 0;
      refusals = 0;
    },
  };
}
