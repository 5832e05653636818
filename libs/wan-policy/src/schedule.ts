import type { SteeringSchedule } from '@fairlead/model';
import type { SteeringPolicy } from './steering-policy.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Whether a schedule holds at a time (ms since 1970), `zoneOffsetMinutes` east of UTC. */
function isScheduled(schedule: SteeringSchedule, timeMs: number, zoneOffsetMinutes: number): boolean {
  const minutes = Math.floor(timeMs / MINUTE_MS) + zoneOffsetMinutes;
  const days = Math.floor(minutes / DAY_MINUTES);
  const minute = minutes - days * DAY_MINUTES;
  // 1 January 1970 was a Thursday.
  const day = ((((days + 3) % 7) + 7) % 7) + 1;
  return schedule.days.includes(day) && minute >= schedule.fromMinute && minute < schedule.toMinute;
}

/** Limits and WANs to avoid at this time; where schedules overlap, the first one's limits count and all avoid. */
export interface Terms {
  leaveAbove: number;
  returnBelow: number;
  avoid: readonly string[];
}

export function termsAt(policy: SteeringPolicy, timeMs: number, zoneOffsetMinutes: number): Terms {
  const { leaveAbove, returnBelow } = policy;
  const terms: Terms = { leaveAbove, returnBelow, avoid: [] };
  let hasLimits = false;
  for (const schedule of policy.schedules) {
    if (!isScheduled(schedule, timeMs, zoneOffsetMinutes)) continue;
    if (schedule.avoid.length > 0) terms.avoid = [...terms.avoid, ...schedule.avoid];
    if (hasLimits || (schedule.leaveAbove === undefined && schedule.returnBelow === undefined)) continue;
    hasLimits = true;
    terms.leaveAbove = schedule.leaveAbove ?? leaveAbove;
    terms.returnBelow = schedule.returnBelow ?? returnBelow;
  }
  return terms;
}
