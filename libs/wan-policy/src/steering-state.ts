import { z } from 'zod';
import { commitMeterSchema } from './commit-meter.ts';

const timeMs = z.number();
const bps = z.number().min(0);
const bits = z.int().min(0).max(0x3fff_ffff);
const weights = z.array(z.number().min(0)).max(8);

/** Memory of one WAN. `above`, `below`, `bad` and `good` have a bit for each of the last samples, the newest lowest. */
export const wanMemorySchema = z.strictObject({
  name: z.string(),
  timeMs: timeMs.nullable().describe('Of the last known rates.'),
  rxBps: bps,
  txBps: bps,
  rxMeanBps: bps,
  txMeanBps: bps,
  running: z.boolean().nullable(),
  probedMs: timeMs.nullable().default(null).describe('When a probe last told something.'),
  isSick: z.boolean().describe('Probes failed, and have not recovered since.'),
  above: bits,
  below: bits,
  bad: bits,
  good: bits,
  meter: commitMeterSchema,
});

/** Memory of a policy for one site: plain JSON, bounded by the number of WANs and the budget. */
export const steeringStateSchema = z.strictObject({
  version: z.literal(1),
  timeMs: timeMs.nullable(),
  wans: z.array(wanMemorySchema).max(8),
  weights: weights.nullable().describe('As read from the router last.'),
  changedMs: timeMs.nullable().describe('When they changed, or were last decided to.'),
  linkEventMs: timeMs.nullable(),
  pending: z.strictObject({ weights, sinceMs: timeMs }).nullable(),
  decidedMs: z.array(timeMs).max(120).describe('Times of the decisions of the last hour.'),
  shifts: bits.describe('weights: the last samples that asked for other weights.'),
  behind: z
    .strictObject({ sinceMs: timeMs, timeMs, count: z.int().min(1) })
    .nullable()
    .default(null)
    .describe(
      'Samples in a row that are of an earlier time and agree with each other: the first, the last, how many.',
    ),
});

export type WanMemory = z.infer<typeof wanMemorySchema>;
export type SteeringState = z.infer<typeof steeringStateSchema>;

export const initialSteeringState: SteeringState = {
  version: 1,
  timeMs: null,
  wans: [],
  weights: null,
  changedMs: null,
  linkEventMs: null,
  pending: null,
  decidedMs: [],
  shifts: 0,
  behind: null,
};
