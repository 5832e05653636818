import { addressToBytes } from '@fairlead/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequenceTracker, type SequenceOutcome } from './sequence.ts';

const exporter = addressToBytes('192.0.2.1');

/** What each datagram (its sequence and records) of one stream is. */
function track(version: number, ...datagrams: readonly (readonly [number, number | undefined])[]): string[] {
  const tracker = createSequenceTracker();
  const text = ({ kind, missed, late }: SequenceOutcome): string =>
    [kind, missed || late || ''].join(' ').trim();
  return datagrams.map(([sequence, records]) =>
    text(tracker.track({ speaker: { exporter, version, observationDomain: 0 }, sequence, records })),
  );
}

describe('a step ahead', () => {
  it('is of flows in v5, of datagrams in v9, of data records in IPFIX', () => {
    expect(track(5, [100, 30], [130, 30], [190, 30], [220, 5])).toEqual([
      'in-order',
      'in-order',
      'gap 30',
      'in-order',
    ]);
    expect(track(9, [7, 20], [8, 20], [11, 20], [12, 20])).toEqual([
      'in-order',
      'in-order',
      'gap 2',
      'in-order',
    ]);
    expect(track(10, [0, 0], [0, 12], [12, 3], [20, 3])).toEqual([
      'in-order',
      'in-order',
      'in-order',
      'gap 5',
    ]);
  });

  it('goes round at 32 bits', () => {
    expect(track(5, [2 ** 32 - 10, 10], [0, 10], [10, 10])).toEqual(['in-order', 'in-order', 'in-order']);
    expect(track(9, [2 ** 32 - 2, 1], [1, 1])).toEqual(['in-order', 'gap 2']);
  });

  it('is no gap behind a datagram whose records are not all known', () => {
    expect(track(10, [0, 5], [5, undefined], [40, 5], [46, 5])).toEqual([
      'in-order',
      'in-order',
      'in-order',
      'gap 1',
    ]);
    expect(track(9, [0, 5], [1, undefined], [3, 5])).toEqual(['in-order', 'in-order', 'gap 1']);
  });

  it('may be in the other unit', () => {
    expect(track(9, [0, 10], [10, 8], [18, 8], [34, 8], [42, 1])).toEqual([
      'in-order',
      'in-order',
      'in-order',
      'gap 8',
      'in-order',
    ]);
    expect(track(10, [4, 10], [5, 10], [6, 10], [8, 10])).toEqual([
      'in-order',
      'in-order',
      'in-order',
      'gap 1',
    ]);
  });

  it('in its own unit stays one, even where it looks like the other', () => {
    expect(track(9, [0, 2], [1, 2], [3, 2])).toEqual(['in-order', 'in-order', 'gap 1']);
  });
});

describe('a step back', () => {
  it('is a datagram that was held up, and takes back its part of the gap', () => {
    expect(track(9, [1, 1], [2, 1], [5, 1], [4, 1], [3, 1], [6, 1])).toEqual([
      'in-order',
      'in-order',
      'gap 2',
      'late 1',
      'late 1',
      'in-order',
    ]);
    expect(track(5, [0, 30], [90, 30], [30, 30], [60, 30], [30, 30])).toEqual([
      'in-order',
      'gap 60',
      'late 30',
      'late 30',
      'duplicate',
    ]);
  });

  it('is a duplicate where nothing was missing', () => {
    expect(track(9, [1, 1], [2, 1], [1, 1], [3, 1], [2, 1], [4, 1])).toEqual([
      'in-order',
      'in-order',
      'duplicate',
      'in-order',
      'duplicate',
      'in-order',
    ]);
  });

  it('is a restart when it is long, or goes on from there', () => {
    expect(track(5, [1_000_000, 30], [0, 30], [30, 30])).toEqual(['in-order', 'restart', 'in-order']);
    expect(track(9, [40, 1], [41, 1], [0, 1], [1, 1], [2, 1], [3, 1])).toEqual([
      'in-order',
      'in-order',
      'duplicate',
      'duplicate',
      'restart',
      'in-order',
    ]);
  });

  it('all the way round is another count, not a loss', () => {
    expect(track(9, [0, 1], [2_000_000_000, 1], [2_000_000_001, 1])).toEqual([
      'in-order',
      'restart',
      'in-order',
    ]);
  });
});

it('loss is what the network took, whatever the order and the doubles', () => {
  const journey = fc.array(fc.constantFrom('arrives', 'is lost', 'is held up', 'comes twice'), {
    minLength: 2,
    maxLength: 60,
  });
  fc.assert(
    fc.property(fc.constantFrom(5, 9, 10), fc.nat({ max: 0xffff_ffff }), journey, (version, start, fates) => {
      const tracker = createSequenceTracker();
      const units = version === 9 ? 1 : 10;
      const sent = fates.map((fate, i) => ({ fate, sequence: (start + i * units) >>> 0 }));
      // The first two arrive: before them nothing can be missed, and they show the unit.
      const arrivals = sent.flatMap(({ fate, sequence }, i) => {
        if (i < 2) return [sequence];
        // One that is held up comes behind its follower.
        const held = sent[i - 1];
        const late = i > 2 && held?.fate === 'is held up' ? [held.sequence] : [];
        if (fate === 'is lost' || fate === 'is held up') return late;
        return fate === 'comes twice' ? [sequence, sequence, ...late] : [sequence, ...late];
      });
      const outcomes = arrivals.map((sequence) =>
        tracker.track({ speaker: { exporter, version, observationDomain: 1 }, sequence, records: 10 }),
      );
      const sum = (of: 'missed' | 'late'): number => outcomes.reduce((total, each) => total + each[of], 0);
      const last = arrivals.at(-1) ?? start;
      const seen = new Set(arrivals);
      const newest = arrivals.reduce((best, each) => (((each - best) | 0) > 0 ? each : best), last);
      const lost = sent.filter(({ sequence }) => !seen.has(sequence) && ((newest - sequence) | 0) > 0).length;
      expect(sum('missed') - sum('late')).toBe(lost * units);
      expect(outcomes.some(({ kind }) => kind === 'restart')).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it('streams of other domains, versions and exporters are apart, and bounded', () => {
  const tracker = createSequenceTracker(3);
  const note = (observationDomain: number, sequence: number, version = 9): SequenceOutcome =>
    tracker.track({ speaker: { exporter, version, observationDomain }, sequence, records: 1 });
  for (const domain of [1, 2, 3, 4]) note(domain, 1);
  expect(tracker.size).toBe(3);
  expect(note(1, 900).kind).toBe('in-order');
  expect(note(4, 3)).toEqual({ kind: 'gap', missed: 1, late: 0 });
  expect(note(4, 3, 10).kind).toBe('in-order');
});
