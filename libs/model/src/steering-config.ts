import { z } from 'zod';
import { ipv6SteeringSchema } from './ipv6-setup.ts';
import { asciiText } from './plain-text.ts';

const share = z.number().gt(0).lte(1);
const wanName = z.string().min(1).max(64);
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const minuteOfDay = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day such as 08:00, at most 24:00')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/** What `policy.kind` may be. */
export const policyKinds = ['spill', 'headroom', 'weights', 'failover'] as const;

/** Times in milliseconds, limits as shares of capacity in the busier direction. */
export const policySettingsSchema = z
  .strictObject({
    kind: z
      .enum(policyKinds)
      .default('spill')
      .describe(
        'spill: WANs in order, the next when one is full. headroom: the WAN with the most room, or with ' +
          'parts as much room below leaveAbove on all. weights: shares of new connections by room. failover: the first WAN that is up.',
      ),
    leaveAbove: share.default(0.8).describe('New connections leave a WAN above this share of its capacity.'),
    returnBelow: share.default(0.6).describe('They come, or come back, to a WAN below this share only.'),
    samples: z
      .strictObject({ breached: z.int().min(1).max(30).default(3), of: z.int().min(1).max(30).default(5) })
      .refine(({ breached, of }) => breached <= of, {
        message: 'breached must not be more than of, otherwise no limit is ever crossed',
        path: ['breached'],
      })
      .prefault({})
      .describe('How many of the last samples must breach a limit.'),
    minGain: share
      .default(0.05)
      .describe('headroom: least room won by a change, as a share of the capacity of all WANs.'),
    minShift: share.default(0.1).describe('With parts: least share of new connections that a change moves.'),
    denominator: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'weights and headroom: parts that new connections are split into, a rule on the router for each. Unless given 10 for ' +
          'weights, and 1 for headroom, which is one rule for all of them.',
      ),
    writesPerHour: z
      .int()
      .min(4)
      .max(10_000)
      .optional()
      .describe(
        'With parts: most rules set in an hour, of which `denominator` are kept for a WAN that goes down; six times the denominator unless given.',
      ),
    dwellMs: z.int().min(0).default(60_000).describe('Least time between two changes.'),
    emergencyDwellMs: z.int().min(0).default(5_000).describe('The same where a WAN in use is down.'),
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
      .describe('No change but off a dead WAN this long after a link came or went.'),
    meanMs: z
      .int()
      .min(1)
      .default(120_000)
      .describe('Time constant of the mean load, by which it is judged whether a WAN bears what was moved.'),
    health: z
      .strictObject({
        failLoss: share.default(0.4),
        failLatencyMs: z.number().positive().default(1_000),
        recoverLoss: share.default(0.1),
        recoverLatencyMs: z.number().positive().default(500),
      })
      .refine(({ failLoss, recoverLoss }) => recoverLoss < failLoss, {
        message: 'recoverLoss must be less than failLoss',
        path: ['recoverLoss'],
      })
      .refine(({ failLatencyMs, recoverLatencyMs }) => recoverLatencyMs < failLatencyMs, {
        message: 'recoverLatencyMs must be less than failLatencyMs',
        path: ['recoverLatencyMs'],
      })
      .prefault({})
      .describe(
        'When the probes of a WAN count as failed and when as recovered: shares lost, and round trips.',
      ),
  })
  .refine(({ returnBelow, leaveAbove }) => returnBelow < leaveAbove, {
    message: 'returnBelow must be less than leaveAbove, otherwise connections flip back and forth',
    path: ['returnBelow'],
  })
  .transform((policy) => ({ ...policy, denominator: partsOf(policy) }));

interface PartsGiven {
  readonly kind: (typeof policyKinds)[number];
  readonly denominator?: number | undefined;
}

function partsOf({ kind, denominator }: PartsGiven): number {
  if (kind === 'weights') return denominator ?? 10;
  return kind === 'headroom' ? (denominator ?? 1) : 1;
}

export const steeringScheduleSchema = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).max(7),
    from: minuteOfDay.describe('Time of the local day, included.'),
    to: minuteOfDay.describe('Time of the local day, excluded; 24:00 is its end.'),
    avoid: z.array(wanName).max(8).default([]).describe('WANs that get no new connections in these hours.'),
    leaveAbove: share.optional(),
    returnBelow: share.optional(),
  })
  .refine(({ from, to }) => from < to, {
    message: 'to must be after from; hours over midnight are two schedules',
    path: ['to'],
  })
  .transform(({ days, from, to, ...rest }) => ({
    ...rest,
    /** 1 is Monday. */
    days: days.map((day) => DAYS.indexOf(day) + 1),
    fromMinute: from,
    toMinute: to,
  }));

const connectionRemovalSchema = z.strictObject({
  perSecond: z.int().min(1).max(1_000).default(100).describe('Most connections removed in a second.'),
  atMost: z
    .int()
    .min(1)
    .max(20_000)
    .default(3_000)
    .describe('Most connections removed each time that a WAN goes down.'),
});
export type ConnectionRemovalSettings = z.infer<typeof connectionRemovalSchema>;

export const steeringSchema = z
  .strictObject({
    rule: z
      .string()
      .min(1)
      .check(asciiText)
      .refine(
        (comment) => !comment.startsWith('fairlead:'),
        'comments that begin with fairlead: belong to what fairlead apply makes; the steering rule has one of its own',
      )
      .default('Load-Balancing here')
      .describe(
        'Exact comment of the steering rule. With parts each of the rules has it with its part behind, as in "Load-Balancing here 10/3".',
      ),
    policy: policySettingsSchema.prefault({}),
    timeZone: z
      .string()
      .refine(isTimeZone, 'a time zone such as Europe/Istanbul')
      .default('UTC')
      .describe('Zone of the schedules.'),
    schedules: z
      .array(steeringScheduleSchema)
      .max(32)
      .default([])
      .describe(
        'Other limits, or WANs to avoid, at certain hours; of two that overlap the first one counts.',
      ),
    pin: z
      .strictObject({
        wan: wanName,
        until: z.iso
          .datetime({ offset: true, error: 'a time with its zone, such as 2026-12-01T18:00:00Z' })
          .transform((text) => Date.parse(text)),
      })
      .optional()
      .describe('New connections go to this WAN until then, whatever the load; never onto one without room.'),
    connectionRemoval: connectionRemovalSchema
      .optional()
      .describe(
        'Leave out to keep all connections. When a WAN is known to be down and new connections go by another one, those still ' +
          'bound to it (`connectionMark`) are removed, so that they begin anew; never at a change for load.',
      ),
    ipv6: ipv6SteeringSchema.optional(),
    locked: z.boolean().default(false).describe('Maintenance: nothing is decided.'),
    stopped: z
      .boolean()
      .default(false)
      .describe('Kill switch of this router: nothing is decided, and nothing carried out.'),
  })
  .superRefine(({ policy, schedules }, context) => {
    schedules.forEach((schedule, index) => {
      const { leaveAbove = policy.leaveAbove, returnBelow = policy.returnBelow } = schedule;
      if (returnBelow < leaveAbove) return;
      context.addIssue({
        code: 'custom',
        path: ['schedules', index, schedule.returnBelow === undefined ? 'leaveAbove' : 'returnBelow'],
        message: `returnBelow (${returnBelow}) must be less than leaveAbove (${leaveAbove}) in these hours too`,
      });
    });
  });

export type PolicySettings = z.infer<typeof policySettingsSchema>;
export type SteeringSchedule = z.infer<typeof steeringScheduleSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
