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

/** `GET /api/v1/routers/{router}` */
export const routerDetailSchema = z.object({
  site: z.string(),
  router: z.string(),
  readMs: timeMs.nullable().describe('When this was read; null before the first time.'),
  identity: z.string(),
  version: z.string(),
  board: z.string(),
  architecture: z.string(),
  bootedMs: timeMs.nullable().describe('When it started, by its uptime.'),
  rules: z
    .array(
      z.object({
        comment: z.string(),
        mark: z.string(),
        disabled: z.boolean(),
        invalid: z.boolean(),
        packets: z.number().nullable(),
      }),
    )
    .describe('Rules with the comment of the steering rule; exactly one is as it should be.'),
  interfaces: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      wan: z.string().describe('Empty when it is none.'),
      running: z.boolean().nullable(),
      disabled: z.boolean().nullable(),
      linkDowns: z.number().nullable(),
      comment: z.string(),
    }),
  ),
  defaultRoutes: z.array(
    z.object({
      destination: z.string(),
      table: z.string(),
      gateway: z.string(),
      distance: z.number().nullable(),
      active: z.boolean(),
      disabled: z.boolean(),
    }),
  ),
  scripts: z
    .array(z.object({ kind: z.string(), name: z.string(), why: z.string(), disabled: z.boolean() }))
    .describe('What else on the router changes rules, marks or routes.'),
  unread: z
    .array(z.object({ menu: z.string(), reason: z.string() }))
    .describe('Menus that could not be read.'),
});
export type RouterDetail = z.infer<typeof routerDetailSchema>;

/** What went wrong. */
export const apiErrorSchema = z.object({
  error: z.string().describe('A word for programs.'),
  message: z.string(),
});
