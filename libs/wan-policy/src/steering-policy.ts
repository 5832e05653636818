import { z } from 'zod';

const share = z.number().gt(0).lte(1);
const name = z.string().min(1).max(64);
const minuteOfDay = z.int().min(0).max(1_440);

/** One uplink as a policy sees it. */
export const steeredWanSchema = z.strictObject({
  name,
  capacity: z.strictObject({ rxBps: z.number().positive(), txBps: z.number().positive() }),
  costPerGb: z
    .number()
    .min(0)
    .default(0)
    .describe('What traffic beyond the commit costs; decides between equals.'),
  commitBps: z
    .number()
    .min(0)
    .default(0)
    .describe('Traffic paid for already, as the 95th percentile of a month; below it the WAN costs nothing.'),
});

export const steeringScheduleSchema = z
  .strictObject({
    days: z.array(z.int().min(1).max(7)).min(1).max(7).describe('1 is Monday.'),
    fromMinute: minuteOfDay.describe('Minute of the local day, included.'),
    toMinute: minuteOfDay.describe('Minute of the local day, excluded.'),
    avoid: z.array(name).max(8).default([]).describe('WANs that get no new connections in these hours.'),
    leaveAbove: share.optional(),
    enterBelow: share.optional(),
  })
  .refine(({ fromMinute, toMinute }) => fromMinute < toMinute, {
    message: 'toMinute must be after fromMinute; hours over midnight are two schedules',
    path: ['toMinute'],
  });

/** The settings that all kinds share; times in milliseconds, limits as shares of capacity in each direction. */
export const steeringPolicySchema = z
  .strictObject({
    kind: z.enum(['spill', 'headroom', 'weights', 'failover']),
    wans: z.array(steeredWanSchema).min(2).max(8).describe('In order of preference.'),
    leaveAbove: share.default(0.95).describe('A WAN is left above this share of its capacity.'),
    enterBelow: share.default(0.85).describe('A WAN is entered below this share only.'),
    samples: z
      .strictObject({ breached: z.int().min(1).max(30).default(3), of: z.int().min(1).max(30).default(5) })
      .prefault({}),
    minGain: share
      .default(0.05)
      .describe('Least room won by a change, as a share of the capacity of all WANs.'),
    minShift: share.default(0.1).describe('weights: least share of new connections that a change moves.'),
    denominator: z
      .int()
      .min(2)
      .max(64)
      .default(10)
      .describe('weights: parts that new connections are split into.'),
    dwellMs: z.int().min(0).default(60_000).describe('Least time between two changes.'),
    emergencyDwellMs: z.int().min(0).default(5_000).describe('The same where the WAN in use is down.'),
    flipsPerHour: z
      .int()
      .min(2)
      .max(120)
      .default(5)
      .describe('Most changes in an hour; the last one is kept for a WAN that goes down.'),
    coolDownMs: z
      .int()
      .min(0)
      .default(120_000)
      .describe('No change but off a dead WAN this long after a link event.'),
    freshMs: z.int().min(1).default(15_000).describe('A reading older than this counts as unknown.'),
    pendingMs: z.int().min(0).default(15_000).describe('How long a change may take to show in the router.'),
    meanMs: z.int().min(1).default(120_000).describe('Time constant of the mean load.'),
    health: z
      .strictObject({
        failLoss: share.default(0.4),
        failLatencyMs: z.number().positive().default(1_000),
        recoverLoss: share.default(0.1),
        recoverLatencyMs: z.number().positive().default(500),
      })
      .refine(
        (limits) => limits.recoverLoss < limits.failLoss && limits.recoverLatencyMs < limits.failLatencyMs,
        {
          message: 'the limits of recovery must be below those of failure',
        },
      )
      .prefault({}),
    schedules: z.array(steeringScheduleSchema).max(32).default([]),
  })
  .refine(({ samples }) => samples.breached <= samples.of, {
    message: 'breached must not be more than of, otherwise no limit is ever crossed',
    path: ['samples', 'breached'],
  })
  .refine((policy) => policy.enterBelow < policy.leaveAbove, {
    message: 'enterBelow must be less than leaveAbove, otherwise connections flip back and forth',
    path: ['enterBelow'],
  })
  .refine(
    ({ schedules, leaveAbove, enterBelow }) =>
      schedules.every((s) => (s.enterBelow ?? enterBelow) < (s.leaveAbove ?? leaveAbove)),
    { message: 'enterBelow must be less than leaveAbove in each schedule', path: ['schedules'] },
  )
  .refine(({ wans }) => new Set(wans.map((wan) => wan.name)).size === wans.length, {
    message: 'each WAN needs a name of its own',
    path: ['wans'],
  });

export type SteeredWan = z.infer<typeof steeredWanSchema>;
export type SteeringSchedule = z.infer<typeof steeringScheduleSchema>;
export type SteeringPolicy = z.infer<typeof steeringPolicySchema>;
