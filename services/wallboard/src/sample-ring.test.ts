import { expect, it } from 'vitest';
import { createSampleRing } from './sample-ring.ts';

it('draws a pause as a gap, never as zero', () => {
  const ring = createSampleRing(10);
  ring.push(1_000, 0.5, 0.1);
  ring.push(2_000, 0.6, 0.2);
  ring.push(9_000, 0.7, 0.3);
  expect(ring.series(0, 2_500)).toEqual([
    [1, 2, 2.001, 9],
    [50, 60, null, 70],
    [-10, -20, null, -30],
  ]);
});

it('keeps the last samples, and those only once', () => {
  const ring = createSampleRing(3);
  for (const t of [1_000, 2_000, 2_000, 1_500, 3_000, 4_000, 5_000]) ring.push(t, t / 1e6, 0);
  expect(ring.series(0, 10_000)[0]).toEqual([3, 4, 5]);
  expect(ring.series(4_000, 10_000)[0]).toEqual([4, 5]);
});
