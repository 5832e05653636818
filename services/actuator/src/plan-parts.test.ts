import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planParts } from './plan-parts.ts';

const MARKS = ['a', 'b', 'c'];
const parts = fc.array(fc.constantFrom(...MARKS), { minLength: 3, maxLength: 20 });

describe('a change of shares', () => {
  it('gives each WAN its parts, with no more changes than there must be, each rule once', () => {
    fc.assert(
      fc.property(
        fc.tuple(parts, parts).map(([one, other]) => [one, other.concat(one).slice(0, one.length)] as const),
        ([current, wanted]) => {
          const count = (of: readonly string[]): number[] =>
            MARKS.map((mark) => of.filter((own) => own === mark).length);
          const changes = planParts(current, MARKS, count(wanted));
          const after = [...current];
          for (const { part, from, to } of changes) {
            expect(after[part]).toBe(from);
            after[part] = to;
          }
          expect(count(after)).toEqual(count(wanted));
          const least = count(wanted).reduce(
            (sum, weight, i) => sum + Math.max(0, weight - (count(current)[i] ?? 0)),
            0,
          );
          expect(changes).toHaveLength(least);
        },
      ),
    );
  });

  it('takes the parts of a WAN that is to have none first', () => {
    expect(planParts(['a', 'a', 'b', 'b', 'c', 'c'], MARKS, [1, 0, 5])).toEqual([
      { part: 2, from: 'b', to: 'c' },
      { part: 3, from: 'b', to: 'c' },
      { part: 1, from: 'a', to: 'c' },
    ]);
  });

  it('makes a share that comes back of the same parts', () => {
    const before = ['a', 'a', 'a', 'b', 'b'];
    const apply = (current: readonly string[], weights: number[]): string[] => {
      const after = [...current];
      for (const { part, to } of planParts(current, ['a', 'b'], weights)) after[part] = to;
      return after;
    };
    expect(apply(apply(before, [1, 4]), [3, 2])).toEqual(before);
  });
});
