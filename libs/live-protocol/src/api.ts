import { z } from 'zod';
import { liveEvent, wanCondition } from './messages.ts';

const bps = z.number().describe('Bits per second.');
const share = z.number().describe('Share of the capacity; 1 is full.');
const timeMs = z.number().describe('Unix milliseconds.');
const place = { site: z.string(), router: z.string(), wan: z.string() };

/** `GET /api/v1/wans` */
export const listedWansSchema = z.object({
  nowMs: timeMs,
  simulated: z.boolean(),
  wans: z.array(
    z.object({
      ...place,
      interface: z.string(),
      capacity: z.object({ rxBps: bps, txBps: bps }),
      latest: z
        .object({
          timeMs,
          ageMs: z.number(),
          stale: z.boolean().describe('More than two intervals old.'),
          rxBps: bps,
          txBps: bps,
          rxUtil: share,
          txUtil: share,
          active: z.boolean().nullable(),
          condition: wanCondition,
          sinceMs: z.number().nullable(),
          probeLoss: z.number().nullable().describe('Of the last pings through this WAN.'),
          probeRttMs: z.number().nullable(),
        })
        .nullable()
        .describe('Null until the first sample.'),
    }),
  ),
});
export type ListedWans = z.infer<typeof listedWansSchema>;

/** `GET /api/v1/events` */
export const listedEventsSchema = z.object({
  nowMs: timeMs,
  events: z.array(liveEvent).describe('Newest first.'),
});
export type ListedEvents = z.infer<typeof listedEventsSchema>;

/** `GET /api/v1/wans/{router}/{wan}/history` */
export const wanHistorySchema = z.object({
  ...place,
  stepMs: z.number(),
  points: z
    .array(
      z.object({
        timeMs: timeMs.describe('Begin of the step; a step without samples is not there.'),
        rxBps: bps.describe('Mean of the samples of the step.'),
        txBps: bps,
        rxPeakBps: bps.describe('The largest sample.'),
        txPeakBps: bps,
        samples: z.number(),
      }),
    )
    .describe('Oldest first.'),
});
export type WanHistory = z.infer<typeof wanHistorySchema>;

/** `GET /api/v1/wans/{router}/{wan}/talkers` */
export const topTalkersSchema = z.object({
  ...place,
  sinceMs: timeMs,
  untilMs: timeMs,
  talkers: z
    .array(
      z.object({
        address: z.string().describe('Of the host inside.'),
        rxBytes: z.number().describe('What it got through this WAN, layer 3, scaled by the sampling rate.'),
        txBytes: z.number(),
        flows: z.number().describe('Records of flows.'),
      }),
    )
    .describe('The largest first.'),
});
export type TopTalkers = z.infer<typeof topTalkersSchema>;

/** `GET /api/v1/wans/{router}/{wan}/billing` */
export const wanBillingSchema = z.object({
  ...place,
  monthStartMs: timeMs.describe('Begin of the month in UTC.'),
  windows: z.number().describe('Five-minute windows with samples so far.'),
  p95RxBps: bps.nullable().describe('95th percentile of the five-minute means; null without any.'),
  p95TxBps: bps.nullable(),
  commitBps: bps.nullable().describe('routers[].wans[].cost.commit'),
});
export type WanBilling = z.infer<typeof wanBillingSchema>;

/** What went wrong. */
export const apiErrorSchema = z.object({
  error: z.string().describe('A word for programs.'),
  message: z.string(),
});
