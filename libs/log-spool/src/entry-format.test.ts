import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEntry, readEntry } from './entry-format.ts';

const record = fc.record({
  topic: fc.string({ maxLength: 40 }),
  key: fc.string({ unit: 'grapheme', maxLength: 40 }),
  value: fc.uint8Array({ maxLength: 300 }),
});
const records = fc.array(record, { maxLength: 5 });
const NO_LIMIT = 2 ** 20;

describe('an entry of the spool', () => {
  it('reads as the records that it was made of, wherever it stands', () => {
    fc.assert(
      fc.property(records, fc.uint8Array({ maxLength: 20 }), (given, before) => {
        const entry = encodeEntry(given, 7);
        const bytes = Buffer.concat([before, entry, Buffer.from('what follows')]);
        const read = readEntry(bytes, before.length, NO_LIMIT);
        if (read.kind !== 'entry') throw new Error(read.kind);
        expect([read.bytes, read.count]).toEqual([entry.length, 7]);
        expect(read.records.map(({ value, ...rest }) => ({ ...rest, value: [...value] }))).toEqual(
          given.map(({ value, ...rest }) => ({ ...rest, value: [...value] })),
        );
      }),
    );
  });

  it('that is cut anywhere says how many bytes it takes', () => {
    fc.assert(
      fc.property(records, fc.nat(), (given, cut) => {
        const entry = encodeEntry(given, 7);
        const part = entry.subarray(0, cut % entry.length);
        const read = readEntry(part, 0, NO_LIMIT);
        expect(read).toEqual({ kind: 'more', bytes: part.length < 12 ? 12 : entry.length });
      }),
    );
  });

  it('with any bit turned is not taken for an entry', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.nat({ max: 7 }), (given, at, bit) => {
        const entry = encodeEntry(given, 7);
        const place = at % entry.length;
        entry.writeUInt8(entry.readUInt8(place) ^ (1 << bit), place);
        expect(readEntry(entry, 0, NO_LIMIT).kind).not.toBe('entry');
      }),
    );
  });
});
