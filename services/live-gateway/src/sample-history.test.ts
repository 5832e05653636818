import type { WanRow } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { addSample } from './sample-history.ts';

const START_MS = 1_700_000_000_000;
const row = (timeMs: number): WanRow => [timeMs, 0, 0, 0, 0, true, 'normal', START_MS, null, null];
/** How far back what is kept of so many hours reaches, in seconds. */
const keptOf = (hours: number, intervalMs: number): number[] => {
  const rows: WanRow[] = [];
  const endMs = START_MS + hours * 3_600_000;
  for (let atMs = START_MS; atMs <= endMs; atMs += intervalMs) addSample(rows, row(atMs));
  return rows.map(([timeMs]) => (endMs - timeMs) / 1_000);
};

it('keeps of a WAN that is read seldom what a snapshot shows, not two days', () => {
  expect(keptOf(48, 300_000)).toEqual([600, 300, 0]);
  expect(keptOf(48, 3_600_000)).toEqual([0]);
});

it('keeps a number of samples of a WAN that is read often', () => {
  const seconds = keptOf(1, 500);
  expect(seconds).toHaveLength(600);
  expect(seconds.at(0)).toBe(299.5);
  expect(seconds.at(-1)).toBe(0);
});
