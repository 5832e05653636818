import { z } from 'zod';

/** `flowReconciler` in fairlead.yaml. */
export const flowReconcilerConfigSchema = z
  .strictObject({
    activeTimeoutMs: z
      .int()
      .min(1_000)
      .max(7_200_000)
      .default(1_800_000)
      .describe(
        'The longest active-flow-timeout of the routers; RouterOS has 30 minutes unless it was changed. A minute is ' +
          'compared when this and slackMs have passed.',
      ),
    slackMs: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(60_000)
      .describe('How much later flows may come: the inactive timeout of the routers, and the decoding here.'),
    minimumBps: z
      .number()
      .min(1)
      .default(1_000_000)
      .describe('Minutes with less traffic than this, in bits per second, are not compared.'),
    minutes: z.int().min(1).max(60).default(5).describe('How many minutes are judged together.'),
    raiseAbove: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.3)
      .describe("A gap above this share of the counters' bytes is reported. 5 to 15 % less is normal."),
    clearBelow: z.number().gt(0).lt(1).default(0.2).describe('It is over when the gap is below this.'),
  })
  .refine((config) => config.clearBelow < config.raiseAbove, {
    message: 'clearBelow must be less than raiseAbove, otherwise events flutter',
    path: ['clearBelow'],
  });

export type FlowReconcilerConfig = z.infer<typeof flowReconcilerConfigSchema>;
