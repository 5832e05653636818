import type { SpillPolicy } from '@fairlead/model';

/** Where one sample stands between the two limits. */
export type Breach = 'above' | 'below' | 'between';

/** The last samples of a WAN against its limits, and which limit it crossed last. Plain JSON. */
export interface Threshold {
  /** Newest last, at most `samples.of`. */
  readonly recent: readonly Breach[];
  readonly level: 'unknown' | 'above' | 'below';
}

/** A WAN crossed a limit; loads and limits are shares of capacity. */
export interface ThresholdEvent {
  readonly kind: 'threshold-above' | 'threshold-below';
  readonly wan: string;
  readonly timeMs: number;
  readonly value: number;
  readonly limit: number;
}

export const unknownThreshold: Threshold = { recent: [], level: 'unknown' };

/** Whether `samples.breached` of the last `samples.of` samples lie on that side of the limits. */
export function isSustained(threshold: Threshold, side: 'above' | 'below', policy: SpillPolicy): boolean {
  return threshold.recent.filter((breach) => breach === side).length >= policy.samples.breached;
}

/**
 * One sample further, with hysteresis: `above` when the leave limit is breached by N of M samples, `below` when the
 * return limit is, and in between it stays what it was. What was never above does not come back, so the first sight of
 * a quiet WAN is no crossing.
 */
export function foldThreshold(
  { recent, level }: Threshold,
  load: number,
  policy: SpillPolicy,
): { readonly threshold: Threshold; readonly crossed?: ThresholdEvent['kind'] } {
  const breach: Breach = load > policy.leaveAbove ? 'above' : load < policy.returnBelow ? 'below' : 'between';
  const next: Threshold = { recent: [...recent, breach].slice(-policy.samples.of), level };
  if (level !== 'above' && isSustained(next, 'above', policy)) {
    return { threshold: { ...next, level: 'above' }, crossed: 'threshold-above' };
  }
  if (level !== 'below' && isSustained(next, 'below', policy)) {
    const threshold: Threshold = { ...next, level: 'below' };
    return level === 'above' ? { threshold, crossed: 'threshold-below' } : { threshold };
  }
  return { threshold: next };
}
