import type { SteeringPolicy } from './steering-policy.ts';
import type { SteeringSample } from './steering-sample.ts';
import type { SteeringState } from './steering-state.ts';

/**
 * So many samples in a row of an earlier time are a clock that was set back. One or two are late or come twice, which is what
 * `out-of-order` is for, and a batch that comes again is not given to the policy again; ten of one source, each later than the
 * one before and none of the old time between, have no other cause, and at a sample a second cost ten seconds of blindness.
 * What is read from the past, after an outage of the log, is `tooOld` by the clock of the reader, and never counts.
 */
export const SET_BACK_SAMPLES = 10;

/** The state with one more sample that is not later than the last one. */
export function foldBehind(
  { freshMs }: SteeringPolicy,
  state: SteeringState,
  { timeMs, tooOld }: SteeringSample,
): SteeringState {
  if (tooOld === true) return state;
  const { behind } = state;
  const agrees = behind !== null && timeMs > behind.timeMs && timeMs - behind.timeMs <= freshMs;
  return {
    ...state,
    behind: agrees
      ? { sinceMs: behind.sinceMs, timeMs, count: behind.count + 1 }
      : { sinceMs: timeMs, timeMs, count: 1 },
  };
}

/** Whether the samples of an earlier time are a clock that was set back. */
export const isSetBack = ({ behind }: SteeringState): boolean => (behind?.count ?? 0) >= SET_BACK_SAMPLES;

/**
 * The state on the new clock. How long it is since the last sample of the old one nobody knows; it counts as no time at all, so
 * that dwell, cool-down and the hour of the budget last longer than they would have, never shorter. Loads begin anew.
 */
export function rebase(state: SteeringState): SteeringState {
  const { behind, timeMs: lastMs } = state;
  if (behind === null || lastMs === null) return state;
  const byMs = behind.sinceMs - lastMs;
  return {
    ...state,
    timeMs: behind.sinceMs,
    wans: state.wans.map((wan) => ({ ...wan, timeMs: null, probedMs: moved(wan.probedMs, byMs) })),
    changedMs: moved(state.changedMs, byMs),
    linkEventMs: moved(state.linkEventMs, byMs),
    pending: state.pending && { ...state.pending, sinceMs: state.pending.sinceMs + byMs },
    decidedMs: state.decidedMs.map((decidedMs) => decidedMs + byMs),
    shifts: 0,
    behind: null,
  };
}

const moved = (timeMs: number | null, byMs: number): number | null =>
  timeMs === null ? null : timeMs + byMs;
