import { expect, it } from 'vitest';
import { createSampleRing } from './sample-ring.ts';
import { scaleAbove, stackWans } from './site-series.ts';

const wan = (samples: readonly (readonly [number, number, number])[]) => {
  const ring = createSampleRing(10);
  for (const [timeMs, rx, tx] of samples) ring.push(timeMs, rx, tx);
  return { ring, rxCapacityBps: 1_000, txCapacityBps: 100 };
};
const range = { fromMs: 0, toMs: 3_000, stepMs: 1_000, gapMs: 2_500 };

it('puts each WAN on top of those before it, in above and out below, whenever their samples come', () => {
  const first = wan([0, 1_000, 2_000, 3_000].map((timeMs) => [timeMs, 0.5, 0.1]));
  const second = wan([-700, 300, 1_300, 2_300].map((timeMs, i) => [timeMs, 0.1 * (i + 1), 0.2]));
  expect(stackWans([first, second], range)).toEqual([
    [0, 1, 2, 3],
    [500, 500, 500, 500],
    [-10, -10, -10, -10],
    [600, 700, 800, 900],
    [-30, -30, -30, -30],
  ]);
});

it('has a gap where one WAN says nothing, and goes on with the others', () => {
  const silent = wan([[-1_500, 0.5, 0.5]]);
  const talking = wan([0, 1_000, 2_000, 3_000].map((timeMs) => [timeMs, 0.3, 0]));
  const [, silentIn, , talkingIn] = stackWans([silent, talking], range);
  expect(silentIn).toEqual([500, 500, null, null]);
  expect(talkingIn).toEqual([800, 800, 300, 300]);
  expect(stackWans([{ ...silent, ring: undefined }], range)[1]).toEqual([null, null, null, null]);
});

it.each([
  [0, 1],
  [1, 1],
  [61e6, 80e6],
  [8.1e6, 10e6],
  [1.2e9, 1.5e9],
])('the scale for %d ends at %d', (value, end) => {
  expect(scaleAbove(value)).toBe(end);
});
