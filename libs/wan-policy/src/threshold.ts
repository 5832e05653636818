import type { PolicySettings } from '@fairlead/model';
import { z } from 'zod';

/** What one sample is held against; loads and limits are shares of capacity. */
export type ThresholdLimits = Pick<PolicySettings, 'leaveAbove' | 'returnBelow' | 'samples'>;

/** The last samples of a WAN against its limits, newest last, and which limit it crossed last. */
export const thresholdSchema = z.strictObject({
  recent: z.array(z.enum(['above', 'below', 'between'])).max(30),
  level: z.enum(['unknown', 'above', 'below']),
});
export type Threshold = z.infer<typeof thresholdSchema>;

export const initialThreshold: Threshold = { recent: [], level: 'unknown' };

/**
 * One sample further, with hysteresis: `above` when the leave limit is breached by N of M samples, `below` when the
 * return limit is, and in between it stays what it was. What was never above does not come back, so the first sight of
 * a quiet WAN is no crossing.
 */
export function foldThreshold(
  { recent, level }: Threshold,
  load: number,
  limits: ThresholdLimits,
): { readonly threshold: Threshold; readonly crossed?: 'above' | 'below' } {
  const breach: Threshold['recent'][number] =
    load > limits.leaveAbove ? 'above' : load < limits.returnBelow ? 'below' : 'between';
  const next: Threshold = { recent: [...recent, breach].slice(-limits.samples.of), level };
  if (level !== 'above' && isSustained(next, 'above', limits)) {
    return { threshold: { ...next, level: 'above' }, crossed: 'above' };
  }
  if (level !== 'below' && isSustained(next, 'below', limits)) {
    const threshold: Threshold = { ...next, level: 'below' };
    return level === 'above' ? { threshold, crossed: 'below' } : { threshold };
  }
  return { threshold: next };
}

function isSustained({ recent }: Threshold, side: 'above' | 'below', { samples }: ThresholdLimits): boolean {
  return recent.filter((breach) => breach === side).length >= samples.breached;
}
