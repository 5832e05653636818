import { z } from 'zod';

export const snmpCollectorConfigSchema = z.strictObject({
  retries: z.int().min(0).max(5).default(1).describe('Questions after the first one that was not answered.'),
  maxRepetitions: z
    .int()
    .min(1)
    .max(50)
    .default(20)
    .describe('Rows asked for in one GETBULK; some RouterOS versions cut longer answers short.'),
  maxBackoffMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('Longest pause between two attempts at a router that does not answer.'),
});

export type SnmpCollectorConfig = z.infer<typeof snmpCollectorConfigSchema>;
