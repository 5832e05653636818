import { expect, it } from 'vitest';
import { createRecentMap } from './recent-map.ts';

it('keeps what is asked for, forgets the rest, and counts it', () => {
  const map = createRecentMap<number, { readonly number: number }>(10);
  for (let number = 0; number < 100; number += 1) {
    map.set(number, { number });
    expect(map.get(0)).toEqual({ number: 0 });
  }
  const kept = Array.from({ length: 100 }, (_, number) => map.get(number)).filter(Boolean).length;
  expect(kept).toBeLessThanOrEqual(10);
  expect(kept).toBeGreaterThanOrEqual(5);
  expect(map.takeEvicted()).toBeGreaterThanOrEqual(90);
  expect(map.takeEvicted()).toBe(0);
});
