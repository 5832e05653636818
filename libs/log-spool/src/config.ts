import { z } from 'zod';

const MIB = 2 ** 20;

/** `eventLog.spool` in fairlead.yaml. */
export const spoolConfigSchema = z.strictObject({
  maxBytes: z
    .int()
    .min(16 * MIB)
    .default(1_024 * MIB)
    .describe('Most bytes on the disk, in the folder spool of the data directory.'),
  drop: z
    .enum(['oldest', 'newest'])
    .default('oldest')
    .describe(
      'What is let go when it is full: what waits longest (counted as spool-full), or what comes (left in the queues of the collectors, which count what they drop).',
    ),
  afterMs: z
    .int()
    .min(50)
    .max(30_000)
    .default(1_000)
    .describe('How long an append may take before collectors go on with the spool.'),
});

export type SpoolConfig = z.infer<typeof spoolConfigSchema>;
