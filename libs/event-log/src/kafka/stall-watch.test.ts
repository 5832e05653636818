import { expect, it } from 'vitest';
import { createStallWatch } from './stall-watch.ts';

it('is quiet while records are taken, and while there is nothing to take', () => {
  const watch = createStallWatch();
  for (const end of [10, 20, 30]) {
    expect(watch.look(end)).toBe(false);
    watch.moved();
  }
  expect([30, 30, 30, 30].map((end) => watch.look(end))).toEqual([false, false, false, false]);
});

it('tells a stall at the second look at which the log has grown and nothing was taken', () => {
  const watch = createStallWatch();
  expect([10, 11, 11].map((end) => watch.look(end))).toEqual([false, false, true]);
});

it('begins anew after it has told, and after a move', () => {
  const watch = createStallWatch();
  expect([10, 11, 12, 13, 14].map((end) => watch.look(end))).toEqual([false, false, true, false, false]);
  watch.moved();
  expect([15, 16, 17].map((end) => watch.look(end))).toEqual([false, false, true]);
});
