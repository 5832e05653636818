import { z } from 'zod';

export const routerosCollectorConfigSchema = z
  .strictObject({
    timeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(3_000)
      .describe('Deadline of connecting and logging in, and of each reading.'),
    stateIntervalMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(30_000)
      .describe('The state of a router is sent at least this often, and its list of interfaces read again.'),
    backoff: z
      .strictObject({
        baseMs: z.int().min(50).default(500).describe('First pause after a failure; it doubles.'),
        maxMs: z.int().min(100).default(30_000).describe('Longest pause after a failure.'),
        refusedMs: z
          .int()
          .min(50)
          .default(60_000)
          .describe('Pause after a refused login, which another try seldom mends and the router logs.'),
      })
      .prefault({})
      .describe('Pauses before a router is tried again; up to half of each is random.'),
  })
  .describe('RouterOS API: interface counters and state of every router that has an `api`.');

export type RouterosCollectorConfig = z.infer<typeof routerosCollectorConfigSchema>;
