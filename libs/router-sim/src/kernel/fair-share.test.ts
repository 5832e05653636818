import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShareLevel } from './fair-share.ts';

describe('fairShareLevel', () => {
  it('limits nobody where there is room for everybody', () => {
    expect(fairShareLevel([1, 2, 3], 6)).toBe(Infinity);
    expect(fairShareLevel([], 6)).toBe(Infinity);
  });

  it('gives the small what they ask and shares the rest among the big', () => {
    expect(fairShareLevel([2, 8, 10], 12)).toBe(5);
    expect(fairShareLevel([4, 4, 4, 4], 8)).toBe(2);
    expect(fairShareLevel([0, 3, 9], 9)).toBe(6);
  });

  it('uses the whole capacity and no more, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        (demands, capacity) => {
          const level = fairShareLevel(demands, capacity);
          const used = demands.reduce((sum, demand) => sum + Math.min(demand, level), 0);
          const wanted = demands.reduce((sum, demand) => sum + demand, 0);
          expect(used).toBeCloseTo(Math.min(wanted, capacity), 0);
        },
      ),
    );
  });
});
