import { z } from 'zod';

const leaseConfigSchema = z
  .strictObject({
    holder: z
      .string()
      .regex(/^[\x21-\x7e][\x20-\x7e]{0,99}$/, 'printable ASCII, at most 100 characters')
      .optional()
      .describe(
        'Name by which routers know this Fairlead: the same for all its processes, another one for every other. The host and the data directory unless given.',
      ),
    seconds: z
      .int()
      .min(30)
      .max(3_600)
      .default(300)
      .describe(
        'How long a router keeps to one Fairlead that it does not hear of; renewed five times as often.',
      ),
  })
  .prefault({})
  .describe(
    'Entries of the address list fairlead-heartbeat on armed routers. Of two Fairleads one yields, and a dead man on the router knows when it is alone.',
  );
export type LeaseConfig = z.infer<typeof leaseConfigSchema>;

const effectConfigSchema = z
  .strictObject({
    watchMs: z
      .int()
      .min(100)
      .max(300_000)
      .default(10_000)
      .describe('How long the counters of the router are watched after a change.'),
  })
  .prefault({})
  .describe('Whether new connections went where a change sent them: table actuation_effects.');
export type EffectConfig = z.infer<typeof effectConfigSchema>;

export const actuatorConfigSchema = z
  .strictObject({
    maxDecisionAgeMs: z
      .int()
      .min(500)
      .max(600_000)
      .default(10_000)
      .describe('A decision whose sample is older than this is refused.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(2_000)
      .describe('Deadline of connecting and logging in, and of each command.'),
    lease: leaseConfigSchema,
    effect: effectConfigSchema,
    backoff: z
      .strictObject({
        baseMs: z.int().min(10).default(500).describe('First pause after a failure; it doubles.'),
        maxMs: z.int().min(100).default(30_000).describe('Longest pause after a failure.'),
        refusedMs: z.int().min(50).default(60_000).describe('Pause after a refused login.'),
      })
      .prefault({})
      .describe('Pauses before a lost session is opened again; up to half of each is random.'),
  })
  .describe('Carries decisions out on the routers that are armed.');

export type ActuatorConfig = z.infer<typeof actuatorConfigSchema>;
