import { expect, it } from 'vitest';
import { type CommitMeter, foldCommitMeter, initialCommitMeter, percentile95Bps } from './commit-meter.ts';

const capacity = { rxBps: 100, txBps: 50 };
const WINDOW_MS = 300_000;

const feed = (rates: readonly number[], fromMs = Date.UTC(2026, 0, 1)): CommitMeter =>
  rates.reduce(
    (meter, rxBps, i) => foldCommitMeter(meter, capacity, fromMs + i * WINDOW_MS, rxBps, rxBps / 10),
    initialCommitMeter,
  );

it('drops the busiest five per cent of the windows', () => {
  // The window that runs is not counted yet.
  const quiet = Array.from({ length: 95 }, () => 20);
  expect(percentile95Bps(feed([...quiet, 90, 90, 90, 90, 90, 0]), capacity)).toBe(20);
  expect(percentile95Bps(feed([...quiet, 90, 90, 90, 90, 90, 90, 0]), capacity)).toBe(90);
});

it('bills the mean of a window, and begins anew with each month', () => {
  const begin = Date.UTC(2026, 0, 1);
  let meter = foldCommitMeter(initialCommitMeter, capacity, begin, 100, 0);
  meter = foldCommitMeter(meter, capacity, begin + 1_000, 0, 0);
  meter = foldCommitMeter(meter, capacity, begin + WINDOW_MS, 0, 0);
  expect(percentile95Bps(meter, capacity)).toBe(50);
  expect(percentile95Bps(foldCommitMeter(meter, capacity, Date.UTC(2026, 1, 1), 10, 0), capacity)).toBe(0);
});
