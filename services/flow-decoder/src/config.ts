import { z } from 'zod';

/** `flowDecoder` in fairlead.yaml. */
export const flowDecoderConfigSchema = z.strictObject({
  maxBatchBytes: z
    .int()
    .min(1)
    .default(1_048_576)
    .describe('Most bytes of datagrams that are decoded in one step.'),
  lingerMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('How long to wait for more datagrams, so that flows are stored in larger batches.'),
  primeRecords: z
    .int()
    .min(0)
    .default(1_000)
    .describe(
      'Log records read again at the start of a partition, to learn the templates announced in them.',
    ),
});

export type FlowDecoderConfig = z.infer<typeof flowDecoderConfigSchema>;
