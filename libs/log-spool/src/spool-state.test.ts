import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpoolState, type Place } from './spool-state.ts';

const MAX_BYTES = 1_600;

type Step =
  | { readonly do: 'put'; readonly bytes: number }
  | { readonly do: 'read' }
  | { readonly do: 'finish' }
  | { readonly do: 'skip' };

/** What is done to a spool: an entry of so many bytes comes, or the oldest is read, or what was read is put away. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('put' as const), bytes: fc.integer({ min: 1, max: 2_000 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('finish' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const) }) },
);

interface Entry extends Place {
  readonly bytes: number;
}

/** A plain list that should hold the same. */
function play(drop: 'oldest' | 'newest', steps: readonly Step[]): void {
  const state = createSpoolState({ maxBytes: MAX_BYTES, drop });
  let files = new Map<number, number>();
  let entries: Entry[] = [];
  const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
  for (const now of steps) {
    if (now.do === 'put') {
      const before = sum(files.values());
      const admission = state.admit(now.bytes);
      const fits = before + now.bytes <= MAX_BYTES;
      expect(admission.accepted).toBe(fits || (drop === 'oldest' && now.bytes <= MAX_BYTES));
      if (!admission.accepted) continue;
      if (fits) expect(admission.dropped).toEqual([]);
      for (const { id, records, readRecords } of admission.dropped) {
        expect(records - readRecords).toBe(entries.filter(({ segment }) => segment === id).length);
        expect(id).toBe(Math.min(...files.keys()));
        files.delete(id);
        entries = entries.filter(({ segment }) => segment !== id);
      }
      const place = state.tail();
      expect(place.offset).toBe(files.get(place.segment) ?? 0);
      state.put(now.bytes, 1);
      entries.push({ ...place, bytes: now.bytes });
      files.set(place.segment, place.offset + now.bytes);
    } else if (now.do === 'read') {
      const [first] = entries;
      const head = state.head();
      expect(head && { segment: head.segment, offset: head.offset }).toEqual(
        first && { segment: first.segment, offset: first.offset },
      );
      if (!first) continue;
      state.read(first.bytes, 1);
      entries.shift();
    } else if (now.do === 'skip') {
      const segment = entries[0]?.segment;
      expect(state.skip()).toBe(entries.filter((entry) => entry.segment === segment).length);
      entries = entries.filter((entry) => entry.segment !== segment);
    } else {
      const unread = new Set(entries.map(({ segment }) => segment));
      const oldestUnread = Math.min(...unread, Number.POSITIVE_INFINITY);
      expect(state.takeFinished().map(({ id }) => id)).toEqual(
        [...files.keys()].filter((id) => id < oldestUnread),
      );
      files = new Map([...files].filter(([id]) => id >= oldestUnread));
    }
    expect(state.waiting).toEqual({ bytes: sum(entries.map(({ bytes }) => bytes)), records: entries.length });
    expect(sum(files.values())).toBeLessThanOrEqual(MAX_BYTES);
    expect(files.size).toBeLessThanOrEqual(17);
  }
}

describe('the books of a spool', () => {
  it.each(['oldest', 'newest'] as const)(
    'hold what came and was not read, in order and in bounds, and drop the %s',
    (drop) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => play(drop, steps)),
        { numRuns: 200 },
      );
    },
  );
});
