import type { Flow } from '@fairlead/model';

/** Device times further from the time of arrival than this are of a clock that is wrong. */
const MAX_AHEAD_MS = 60_000;
const MAX_BEHIND_MS = 7_200_000;

/** The part of a flow that says when its bytes were carried. */
export type FlowTimes = Pick<Flow, 'timeMs' | 'startMs' | 'endMs'>;

/**
 * When the bytes of a flow were carried, Unix milliseconds: by the device's clock where that can be believed, otherwise
 * within the active timeout before the record came. The same rule as in `flows_per_minute` (schemas/clickhouse).
 */
export function flowInterval(
  { timeMs, startMs, endMs }: FlowTimes,
  activeTimeoutMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  if (startMs !== undefined && endMs !== undefined) {
    if (startMs <= endMs && endMs <= timeMs + MAX_AHEAD_MS && startMs >= timeMs - MAX_BEHIND_MS) {
      return { fromMs: startMs, toMs: endMs };
    }
  }
  return { fromMs: timeMs - activeTimeoutMs, toMs: timeMs };
}

/**
 * Spreads an amount evenly over the minutes of an interval; what has no duration is in one minute.
 * @param add is told the minute (Unix milliseconds / 60 000, rounded down), its share and how long the two overlap
 */
export function spreadOverMinutes(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  amount: number,
  add: (minute: number, share: number, overlapMs: number) => void,
): void {
  const first = Math.floor(fromMs / MINUTE_MS);
  const last = Math.floor(Math.max(toMs - 1, fromMs) / MINUTE_MS);
  if (first === last) {
    add(first, amount, toMs - fromMs);
    return;
  }
  const perMs = amount / (toMs - fromMs);
  for (let minute = first; minute <= last; minute += 1) {
    const overlapMs = Math.min(toMs, (minute + 1) * MINUTE_MS) - Math.max(fromMs, minute * MINUTE_MS);
    add(minute, perMs * overlapMs, overlapMs);
  }
}

export const MINUTE_MS = 60_000;
