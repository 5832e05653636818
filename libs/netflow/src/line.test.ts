import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line, type Place } from './line.ts';

describe('a line', () => {
  it('gives items in the order of a map from which they are deleted and to whose end they are put again', () => {
    const step = fc.record({ item: fc.nat({ max: 9 }), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const line = new Line<number>();
        const places = new Map<number, Place<number>>();
        for (const { item, leaves } of steps) {
          const place = places.get(item);
          places.delete(item);
          if (place && leaves) line.remove(place);
          else if (place) line.moveToEnd(place);
          if (!leaves) places.set(item, place ?? line.add(item));
          expect([...line]).toEqual([...places.keys()]);
          expect(line.size).toBe(places.size);
          expect(line.oldest).toBe([...places.keys()][0]);
        }
      }),
    );
  });

  it('is gone through to its end while items leave', () => {
    const line = new Line<number>();
    const places = [1, 2, 3, 4].map((item) => line.add(item));
    const seen: number[] = [];
    for (const item of line) {
      seen.push(item);
      const place = places[item - 1];
      if (place && item !== 3) line.remove(place);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect([...line]).toEqual([3]);
  });
});
