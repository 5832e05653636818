import { crc32 } from 'node:zlib';
import type { NewRecord } from '@fairlead/event-log';

/** Checksum of what follows, length of the records, and how many they are in the books; four bytes each. */
const HEADER_BYTES = 12;
/** Lengths of topic and key (two bytes each) and of the value (four). */
const RECORD_HEADER_BYTES = 8;

/**
 * The records of one append as an entry of the spool. All numbers are big-endian.
 * @param count how many they are in the books: a value of the log is many records
 */
export function encodeEntry(records: readonly NewRecord[], count: number): Buffer {
  const bytes = records.reduce(
    (sum, { topic, key, value }) =>
      sum + RECORD_HEADER_BYTES + Buffer.byteLength(topic) + Buffer.byteLength(key) + value.byteLength,
    0,
  );
  const entry = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  let at = HEADER_BYTES;
  for (const { topic, key, value } of records) {
    const textAt = at + RECORD_HEADER_BYTES;
    const topicBytes = entry.write(topic, textAt);
    const keyBytes = entry.write(key, textAt + topicBytes);
    entry.writeUInt16BE(topicBytes, at);
    entry.writeUInt16BE(keyBytes, at + 2);
    entry.writeUInt32BE(value.byteLength, at + 4);
    entry.set(value, textAt + topicBytes + keyBytes);
    at = textAt + topicBytes + keyBytes + value.byteLength;
  }
  entry.writeUInt32BE(bytes, 4);
  entry.writeUInt32BE(count, 8);
  entry.writeUInt32BE(crc32(entry.subarray(4)), 0);
  return entry;
}

/** An entry, `more` when the bytes end before it does, `broken` when they are no entry. */
export type ReadEntry =
  | {
      readonly kind: 'entry';
      readonly records: readonly NewRecord[];
      readonly count: number;
      readonly bytes: number;
    }
  | { readonly kind: 'more'; readonly bytes: number }
  | { readonly kind: 'broken' };

/**
 * Reads the entry at a place. The values are views of the bytes.
 * @param maxBytes no entry is larger; a length beyond is broken, and nobody waits for that many bytes
 */
export function readEntry(bytes: Buffer, at: number, maxBytes: number): ReadEntry {
  if (bytes.length - at < HEADER_BYTES) return { kind: 'more', bytes: HEADER_BYTES };
  const size = HEADER_BYTES + bytes.readUInt32BE(at + 4);
  if (size > maxBytes) return { kind: 'broken' };
  if (bytes.length - at < size) return { kind: 'more', bytes: size };
  const entry = bytes.subarray(at, at + size);
  if (crc32(entry.subarray(4)) !== entry.readUInt32BE(0)) return { kind: 'broken' };
  return { kind: 'entry', records: readRecords(entry), count: entry.readUInt32BE(8), bytes: size };
}

/** The checksum was right, so the lengths are those that were written. */
function readRecords(entry: Buffer): NewRecord[] {
  const records: NewRecord[] = [];
  for (let at = HEADER_BYTES; at < entry.length;) {
    const keyAt = at + RECORD_HEADER_BYTES + entry.readUInt16BE(at);
    const valueAt = keyAt + entry.readUInt16BE(at + 2);
    const end = valueAt + entry.readUInt32BE(at + 4);
    records.push({
      topic: entry.toString('utf8', at + RECORD_HEADER_BYTES, keyAt),
      key: entry.toString('utf8', keyAt, valueAt),
      value: entry.subarray(valueAt, end),
    });
    at = end;
  }
  return records;
}
