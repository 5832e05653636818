/** Time as an input, so that a test decides what time it is. */
export interface Clock {
  /** Wall clock, Unix milliseconds. */
  nowMs(): number;
  /** Never goes backwards; for durations and deadlines. Milliseconds from an arbitrary start. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
