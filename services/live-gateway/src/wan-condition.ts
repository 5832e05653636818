import type { WanCondition } from '@fairlead/live-protocol';

/** When a WAN counts as busy: the limits of its steering policy, and how many samples in a row it takes. */
export interface ConditionLimits {
  readonly leaveAbove: number;
  readonly returnBelow: number;
  readonly samples: number;
}

/** How a WAN is, since when (null: since before anything that is known), and how many samples say otherwise. */
export interface WanConditionState {
  readonly condition: WanCondition;
  readonly sinceMs: number | null;
  readonly against: number;
}

export interface ConditionSample {
  readonly timeMs: number;
  /** The larger of rx and tx, as a share of capacity. */
  readonly util: number;
  readonly running: boolean | undefined;
}

/**
 * How a WAN is after one more sample. Made from the samples that are shown, so that word and number never disagree
 * for long, whatever events came or did not come.
 */
export function conditionAfter(
  state: WanConditionState | undefined,
  sample: ConditionSample,
  limits: ConditionLimits | null,
): WanConditionState {
  const wanted = wantedCondition(state?.condition, sample, limits);
  if (!state) return { condition: wanted, sinceMs: null, against: 0 };
  if (wanted === state.condition) return { ...state, against: 0 };
  const against = state.against + 1;
  const atOnce = wanted === 'down' || state.condition === 'down';
  if (atOnce || against >= (limits?.samples ?? 1)) {
    return { condition: wanted, sinceMs: sample.timeMs, against: 0 };
  }
  return { ...state, against };
}

function wantedCondition(
  current: WanCondition | undefined,
  sample: ConditionSample,
  limits: ConditionLimits | null,
): WanCondition {
  if (sample.running === false) return 'down';
  if (!limits) return 'normal';
  const limit = current === 'busy' ? limits.returnBelow : limits.leaveAbove;
  return sample.util > limit ? 'busy' : 'normal';
}

const told: Readonly<Record<string, WanCondition>> = {
  'threshold-above': 'busy',
  'threshold-below': 'normal',
  'wan-down': 'down',
  'wan-up': 'normal',
};

/** How a WAN is after an event; this is also how a restarted gateway knows since when. */
export function conditionAfterEvent(
  state: WanConditionState | undefined,
  event: { readonly kind: string; readonly timeMs: number },
): WanConditionState | undefined {
  const condition = told[event.kind];
  if (condition === undefined || condition === state?.condition) return state;
  return { condition, sinceMs: event.timeMs, against: 0 };
}
