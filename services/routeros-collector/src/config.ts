import { z } from 'zod';

export const routerosCollectorConfigSchema = z
  .strictObject({
    timeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(3_000)
      .describe('Deadline of connecting and logging in, and of each reading.'),
    statusIntervalMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(5_000)
      .describe('Time between two readings of default routes and netwatch.'),
    stateIntervalMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(30_000)
      .describe('Time between two readings of interfaces, addresses, routing tables and rules.'),
    scriptsIntervalMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(300_000)
      .describe('Time between two readings of scripts, schedulers and traffic monitors.'),
    snapshotIntervalMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(30_000)
      .describe('The state of a router is sent when it changes, and at least this often.'),
    rereadIntervalMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(1_000)
      .describe('Shortest time between two readings of a router that its syslog asks for.'),
    limits: z
      .strictObject({
        interfaces: z
          .int()
          .min(8)
          .max(16_384)
          .default(2_048)
          .describe('Most interfaces in the state of a router; WANs come first.'),
        rows: z
          .int()
          .min(8)
          .max(16_384)
          .default(512)
          .describe('Most items of every other kind, of one menu; what is left out is counted.'),
      })
      .prefault({})
      .describe('How large the state of one router may become.'),
    backoff: z
      .strictObject({
        openAfter: z
          .int()
          .min(1)
          .max(100)
          .default(3)
          .describe('Failures in a row after which a router is left alone for longer and longer.'),
        steadyMs: z
          .int()
          .min(0)
          .default(10_000)
          .describe('A session that held for so long makes the failures before it forgotten.'),
        baseMs: z.int().min(50).default(500).describe('First pause after a failure; it doubles.'),
        maxMs: z.int().min(100).default(30_000).describe('Longest pause after a failure.'),
        refusedMs: z
          .int()
          .min(50)
          .default(60_000)
          .describe(
            'First pause after a refused login or certificate, which another try seldom mends and the router may count; it doubles four times.',
          ),
      })
      .prefault({})
      .describe('Pauses before a router is tried again; up to half of each is random.'),
  })
  .describe('RouterOS API: interface counters and state of every router that has an `api`.');

export type RouterosCollectorConfig = z.infer<typeof routerosCollectorConfigSchema>;
