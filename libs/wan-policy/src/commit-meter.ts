import { z } from 'zod';

const WINDOW_MS = 300_000;
const BUCKETS = 50;

/**
 * The month so far in five-minute means, as providers bill it: a count for each fiftieth of the capacity and direction.
 * `month` counts months since 1970 in UTC.
 */
export const commitMeterSchema = z.strictObject({
  month: z.int(),
  windowMs: z.number(),
  samples: z.int().min(0),
  rxSumBps: z.number().min(0),
  txSumBps: z.number().min(0),
  rx: z.array(z.int().min(0)).length(BUCKETS + 1),
  tx: z.array(z.int().min(0)).length(BUCKETS + 1),
});
export type CommitMeter = z.infer<typeof commitMeterSchema>;

interface Capacity {
  readonly rxBps: number;
  readonly txBps: number;
}

const noCounts: readonly number[] = Array.from({ length: BUCKETS + 1 }, () => 0);

export const initialCommitMeter: CommitMeter = {
  month: 0,
  windowMs: 0,
  samples: 0,
  rxSumBps: 0,
  txSumBps: 0,
  rx: [...noCounts],
  tx: [...noCounts],
};

/** One reading further; a window is counted when the next one begins, and a new month begins with none. */
export function foldCommitMeter(
  meter: CommitMeter,
  capacity: Capacity,
  timeMs: number,
  rxBps: number,
  txBps: number,
): CommitMeter {
  const windowMs = timeMs - (timeMs % WINDOW_MS);
  if (windowMs === meter.windowMs && meter.samples > 0) {
    return {
      month: meter.month,
      windowMs,
      samples: meter.samples + 1,
      rxSumBps: meter.rxSumBps + rxBps,
      txSumBps: meter.txSumBps + txBps,
      rx: meter.rx,
      tx: meter.tx,
    };
  }
  const date = new Date(windowMs);
  const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
  const isSameMonth = month === meter.month;
  return {
    month,
    windowMs,
    samples: 1,
    rxSumBps: rxBps,
    txSumBps: txBps,
    rx: isSameMonth ? count(meter.rx, meter.rxSumBps / meter.samples / capacity.rxBps) : [...noCounts],
    tx: isSameMonth ? count(meter.tx, meter.txSumBps / meter.samples / capacity.txBps) : [...noCounts],
  };
}

/** The 95th percentile of the month so far in bits per second, rounded up to a fiftieth; of the busier direction. */
export function percentile95Bps(meter: CommitMeter, capacity: Capacity): number {
  return Math.max(percentile95(meter.rx) * capacity.rxBps, percentile95(meter.tx) * capacity.txBps);
}

function count(buckets: readonly number[], share: number): number[] {
  const counted = [...buckets];
  const bucket = Math.min(BUCKETS, Math.max(0, Math.ceil(share * BUCKETS)));
  counted[bucket] = (counted[bucket] ?? 0) + 1;
  return counted;
}

function percentile95(buckets: readonly number[]): number {
  let left = 0;
  for (const windows of buckets) left += windows;
  // The five per cent that are dropped come from the top.
  left = Math.floor(left * 0.05);
  for (let bucket = BUCKETS; bucket > 0; bucket -= 1) {
    left -= buckets[bucket] ?? 0;
    if (left < 0) return bucket / BUCKETS;
  }
  return 0;
}
