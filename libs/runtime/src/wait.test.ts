import { describe, expect, it } from 'vitest';
import { backoffMs, pause } from './wait.ts';

describe('backoffMs', () => {
  it('doubles to its ceiling, never below half of it', () => {
    const least = (failures: number): number =>
      backoffMs(failures, { baseMs: 100, maxMs: 1_000, random: () => 0 });
    const most = (failures: number): number =>
      backoffMs(failures, { baseMs: 100, maxMs: 1_000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 60].map(most)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect([1, 2, 3, 4, 5, 60].map(least)).toEqual([50, 100, 200, 400, 500, 500]);
  });
});

describe('pause', () => {
  it('ends at once when it is aborted, before or during', async () => {
    const abort = new AbortController();
    const waiting = pause(60_000, abort.signal);
    abort.abort();
    await waiting;
    await pause(60_000, abort.signal);
    expect(abort.signal.aborted).toBe(true);
  });
});
