import { z } from 'zod';

export const wanProcessorConfigSchema = z.strictObject({
  staleAfterMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(5_000)
    .describe(
      'A WAN without counters for longer than this, or than three polls where those are rarer, is reported as silent, ' +
        'and no decision rests on it. SNMP takes over from a silent API after the same time.',
    ),
  catchUpAfterMs: z
    .int()
    .min(1_000)
    .default(10_000)
    .describe('Samples older than this give utilisation and events, but no decision.'),
  pendingMs: z
    .int()
    .min(1_000)
    .default(5_000)
    .describe('How long a decision may take to show in the router before it counts as not carried out.'),
});

export type WanProcessorConfig = z.infer<typeof wanProcessorConfigSchema>;
