import { expect, it } from 'vitest';
import { nextTick } from './next-tick.ts';

it.each([
  [1_000, 2_000],
  [1_999, 2_000],
  [2_000, 3_000],
  [5_400, 6_000],
])('from %d on, the next tick of a second is %d', (nowMs, tickMs) =>
  expect(nextTick(1_000, 1_000, nowMs)).toBe(tickMs),
);
