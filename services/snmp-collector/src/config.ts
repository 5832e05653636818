import { z } from 'zod';

export const snmpCollectorConfigSchema = z.strictObject({
  retries: z.int().min(0).max(5).default(1).describe('Questions after the first one that was not answered.'),
  maxRepetitions: z
    .int()
    .min(1)
    .max(200)
    .default(40)
    .describe(
      'Most values asked for in one GETBULK. Each router gets what it answers in full: the number grows to this, and becomes half when an answer does not come or does not fit.',
    ),
  maxBackoffMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('Longest pause between two attempts at a router that does not answer.'),
});

export type SnmpCollectorConfig = z.infer<typeof snmpCollectorConfigSchema>;
