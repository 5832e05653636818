import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareOids, isUnder } from './oid.ts';

const arcs = fc.array(fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })), {
  minLength: 1,
  maxLength: 5,
});

/** The first arc that differs decides, and what ends before the other comes before it. */
function compareArcs(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((arc, i) => arc !== b[i]);
  if (at === -1) return Math.sign(a.length - b.length);
  return at >= b.length ? 1 : Math.sign((a[at] ?? 0) - (b[at] ?? 0));
}

it('orders object identifiers arc by arc, as numbers', () => {
  fc.assert(
    fc.property(arcs, arcs, fc.nat({ max: 5 }), (a, b, shared) => {
      const other = [...a.slice(0, shared), ...b];
      expect(Math.sign(compareOids(a.join('.'), other.join('.')))).toBe(compareArcs(a, other));
      expect(isUnder(a.join('.'), other.join('.'))).toBe(
        other.length > a.length && a.every((arc, i) => arc === other[i]),
      );
    }),
  );
  expect(compareOids('1.3.6', '1.3.6')).toBe(0);
});
