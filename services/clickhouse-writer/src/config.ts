import { z } from 'zod';

/** The section `writer` of fairlead.yaml. */
export const clickhouseWriterConfigSchema = z.strictObject({
  maxRows: z.int().min(1).max(1_000_000).default(250_000).describe('Most rows in one insert.'),
  maxBytes: z
    .int()
    .min(1_024)
    .max(64 * 1_048_576)
    .default(32 * 1_048_576)
    .describe('Most bytes of records that are gathered for one insert.'),
  maxAgeMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(1_000)
    .describe(
      'How long a record waits for others before it is inserted. Longer makes larger parts and fewer merges.',
    ),
});

export type ClickhouseWriterConfig = z.infer<typeof clickhouseWriterConfigSchema>;
