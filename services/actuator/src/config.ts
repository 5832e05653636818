import { z } from 'zod';

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
