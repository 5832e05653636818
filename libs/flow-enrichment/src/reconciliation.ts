import { type Flow, FlowDirection, type Inventory, type WanUtilisation } from '@fairlead/model';
import { flowInterval, type FlowTimes, MINUTE_MS, spreadOverMinutes } from './flow-interval.ts';

/** What the comparison needs of a flow. */
export type ReconciledFlow = FlowTimes &
  Pick<Flow, 'router' | 'wan' | 'direction' | 'bytes' | 'samplingRate'>;

export interface ReconciliationOptions {
  /** What the exporters report a long flow after. */
  readonly activeTimeoutMs: number;
  /** How long after the end of a minute it is compared, beyond the active timeout. */
  readonly slackMs: number;
  /** Minutes before this are left alone: some of their flows came before anybody listened. */
  readonly sinceMs: number;
  /** Less traffic than this, by the counters, proves nothing. Bits per second. */
  readonly minimumBps: number;
  /** Comparable minutes that are judged together. */
  readonly minutes: number;
  /** A gap above this is reported, as share of the counters' bytes. */
  readonly raiseAbove: number;
  /** It is over when the gap is below this. */
  readonly clearBelow: number;
}

/** How flows and counters of one WAN and direction compare. */
export type Agreement = 'reconciled' | 'missing' | 'above';

/** One minute that was compared. */
export interface ComparedMinute {
  readonly router: string;
  readonly site: string;
  readonly wan: string;
  readonly direction: 'in' | 'out';
  /** Begin of the minute, Unix milliseconds. */
  readonly minuteMs: number;
  readonly flowBytes: number;
  readonly counterBytes: number;
  /** Flow bytes by counter bytes. */
  readonly ratio: number;
  /** The same over the last minutes together, where that changed the judgement. */
  readonly change?: { readonly agreement: Agreement; readonly ratio: number };
}

/** Why something took no part. */
export type UnusedReason = 'no-wan' | 'late' | 'too-early' | 'too-far';

export interface Reconciliation {
  /** @returns why the flow, or a part of it, takes no part; undefined when all of it does */
  addFlow(flow: ReconciledFlow): UnusedReason | undefined;
  /** Takes what the counters say, and gives the minutes that are complete by it, the oldest first. */
  addUtilisation(sample: WanUtilisation): readonly ComparedMinute[];
  /** Takes another inventory: WANs that stay go on; those that are new are compared from `sinceMs` on. */
  replaceInventory(inventory: Inventory, sinceMs: number): void;
}

interface Bucket {
  flowBytes: number;
  counterBytes: number;
  /** How much of the minute the counters cover. */
  coveredMs: number;
}

interface Side {
  readonly direction: 'in' | 'out';
  readonly buckets: Map<number, Bucket>;
  /** The last comparable minutes. */
  recent: Pick<Bucket, 'flowBytes' | 'counterBytes'>[];
  agreement: Agreement;
}

interface Line {
  readonly router: string;
  readonly site: string;
  readonly wan: string;
  readonly in: Side;
  readonly out: Side;
  /** The minutes before this one are compared. */
  firstOpen: number;
}

/** A minute is compared when the counters cover so much of it. */
const LEAST_COVERAGE = 0.9;
/** How many minutes flows may be ahead of the counters. */
const MAX_AHEAD = 10;
/** Minutes that are kept where no counters come that would complete them. */
const MAX_OPEN = 500;
/** Longer readings of the counters say nothing of a minute. */
const MAX_INTERVAL_MS = 3_600_000;

/**
 * Compares, minute by minute in event time, the bytes of flows with the bytes that the counters of the WAN counted. A
 * minute is complete when the counters are `activeTimeoutMs + slackMs` beyond it: no flow can have been open longer.
 *
 * Flows 5 to 15 % below the counters are normal, because an interface counts layer 2. Far below: flows are not exported
 * (FastTrack, hardware offload), lost, or of an unknown interface. Above: something is counted twice, such as by an
 * exporter that watches both sides.
 */
export function createReconciliation(inventory: Inventory, options: ReconciliationOptions): Reconciliation {
  const firstMinute = Math.ceil(options.sinceMs / MINUTE_MS);
  let lines: ReadonlyMap<string, ReadonlyMap<string, Line>> = new Map();
  /** The newest minute that the counters of a router have reached. */
  const reached = new Map<string, number>();

  function replaceInventory(next: Inventory, sinceMs: number): void {
    const first = Math.ceil(sinceMs / MINUTE_MS);
    lines = new Map(
      next.map(({ name: router, site, wans }) => [
        router,
        new Map(
          wans.map(({ name: wan }) => [
            wan,
            lines.get(router)?.get(wan) ?? newLine(router, site, wan, first),
          ]),
        ),
      ]),
    );
    for (const router of reached.keys()) if (!lines.has(router)) reached.delete(router);
  }
  replaceInventory(inventory, options.sinceMs);

  function addFlow(flow: ReconciledFlow): UnusedReason | undefined {
    const line = lines.get(flow.router)?.get(flow.wan);
    const side =
      flow.direction === FlowDirection.IN
        ? line?.in
        : flow.direction === FlowDirection.OUT
          ? line?.out
          : undefined;
    if (!line || !side) return 'no-wan';
    const bytes = flow.bytes * Math.max(flow.samplingRate, 1);
    // Before the first counters there is no other clock than the flow's own.
    const newest = (reached.get(flow.router) ?? Math.floor(flow.timeMs / MINUTE_MS)) + MAX_AHEAD;
    let unused: UnusedReason | undefined;
    spreadOverMinutes(flowInterval(flow, options.activeTimeoutMs), bytes, (minute, share) => {
      if (minute < firstMinute) unused = 'too-early';
      else if (minute < line.firstOpen) unused = 'late';
      else if (minute > newest) unused = 'too-far';
      else bucketOf(side, minute).flowBytes += share;
    });
    return unused;
  }

  function addUtilisation(sample: WanUtilisation): ComparedMinute[] {
    const line = lines.get(sample.router)?.get(sample.wan);
    if (!line || !(sample.intervalMs > 0 && sample.intervalMs <= MAX_INTERVAL_MS)) return [];
    const interval = { fromMs: sample.timeMs - sample.intervalMs, toMs: sample.timeMs };
    for (const [side, bps] of [
      [line.in, sample.rxBps],
      [line.out, sample.txBps],
    ] as const) {
      spreadOverMinutes(interval, (bps * sample.intervalMs) / 8_000, (minute, share, overlapMs) => {
        if (minute < line.firstOpen) return;
        const bucket = bucketOf(side, minute);
        bucket.counterBytes += share;
        bucket.coveredMs += overlapMs;
      });
    }
    const minute = Math.floor(sample.timeMs / MINUTE_MS);
    reached.set(sample.router, Math.max(reached.get(sample.router) ?? minute, minute));
    const completeMs = sample.timeMs - options.activeTimeoutMs - options.slackMs;
    return compareUpTo(line, Math.floor(completeMs / MINUTE_MS));
  }

  function compareUpTo(line: Line, end: number): ComparedMinute[] {
    if (end <= line.firstOpen) return [];
    line.firstOpen = end;
    const compared: ComparedMinute[] = [];
    for (const side of [line.in, line.out]) {
      const complete = [...side.buckets].filter(([minute]) => minute < end).sort(([a], [b]) => a - b);
      for (const [minute, bucket] of complete) {
        side.buckets.delete(minute);
        const result = compare(side, bucket);
        if (!result) continue;
        const { router, site, wan } = line;
        compared.push({
          router,
          site,
          wan,
          direction: side.direction,
          minuteMs: minute * MINUTE_MS,
          ...result,
        });
      }
    }
    return compared.sort((a, b) => a.minuteMs - b.minuteMs);
  }

  function compare(
    side: Side,
    bucket: Bucket,
  ): Pick<ComparedMinute, 'flowBytes' | 'counterBytes' | 'ratio' | 'change'> | undefined {
    const coverage = bucket.coveredMs / MINUTE_MS;
    if (coverage < LEAST_COVERAGE) return undefined;
    const { flowBytes } = bucket;
    const counterBytes = bucket.counterBytes / coverage;
    if ((counterBytes * 8_000) / MINUTE_MS < options.minimumBps) return undefined;
    const minute = { flowBytes, counterBytes };
    side.recent = [...side.recent, minute].slice(-options.minutes);
    const result = { ...minute, ratio: flowBytes / counterBytes };
    if (side.recent.length < options.minutes) return result;
    const ratio = sum(side.recent, 'flowBytes') / sum(side.recent, 'counterBytes');
    const agreement = judge(ratio, side.agreement, options);
    if (agreement === side.agreement) return result;
    side.agreement = agreement;
    return { ...result, change: { agreement, ratio } };
  }

  return { addFlow, addUtilisation, replaceInventory };
}

function judge(
  ratio: number,
  before: Agreement,
  { raiseAbove, clearBelow }: ReconciliationOptions,
): Agreement {
  const gap = ratio - 1;
  if (gap < -raiseAbove) return 'missing';
  if (gap > raiseAbove) return 'above';
  const isOver = before === 'above' ? gap < clearBelow : gap > -clearBelow;
  return isOver ? 'reconciled' : before;
}

const sum = (
  minutes: readonly Pick<Bucket, 'flowBytes' | 'counterBytes'>[],
  of: 'flowBytes' | 'counterBytes',
): number => minutes.reduce((total, minute) => total + minute[of], 0);

function newLine(router: string, site: string, wan: string, firstOpen: number): Line {
  const side = (direction: 'in' | 'out'): Side => ({
    direction,
    buckets: new Map(),
    recent: [],
    agreement: 'reconciled',
  });
  return { router, site, wan, in: side('in'), out: side('out'), firstOpen };
}

function bucketOf({ buckets }: Side, minute: number): Bucket {
  const known = buckets.get(minute);
  if (known) return known;
  const bucket: Bucket = { flowBytes: 0, counterBytes: 0, coveredMs: 0 };
  buckets.set(minute, bucket);
  if (buckets.size > MAX_OPEN) buckets.delete(Math.min(...buckets.keys()));
  return bucket;
}
