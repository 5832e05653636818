import type { LogRecord, NewRecord } from '../port.ts';

/**
 * Key of a record: topic id and partition (two bytes each), offset (six bytes), all big-endian, so that LMDB keeps the
 * records of a partition together and in order.
 */
export function recordKey(topicId: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(10);
  key.writeUInt16BE(topicId, 0);
  key.writeUInt16BE(partition, 2);
  key.writeUIntBE(offset, 4, 6);
  return key;
}

/** The offset in a record's key. */
export const offsetOf = (key: Buffer): number => key.readUIntBE(4, 6);

export const MAX_PARTITIONS = 2 ** 16;
export const MAX_KEY_BYTES = 2 ** 16 - 1;
/** A key in a compacted topic is part of a key of LMDB, which has at most 1978 bytes. */
export const MAX_COMPACTED_KEY_BYTES = 1_024;

const HEADER_BYTES = 10;

/** Value in LMDB: time of the append (float64), length of the key (two bytes), key, value. Copies the value. */
export function frameRecord(record: NewRecord, timestampMs: number): Buffer {
  const keyBytes = Buffer.byteLength(record.key);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + keyBytes + record.value.byteLength);
  frame.writeDoubleBE(timestampMs, 0);
  frame.writeUInt16BE(keyBytes, 8);
  frame.write(record.key, HEADER_BYTES);
  frame.set(record.value, HEADER_BYTES + keyBytes);
  return frame;
}

/** The record in a frame; its value is a view of the frame. */
export function unframeRecord(frame: Buffer, topic: string, partition: number, offset: number): LogRecord {
  return {
    topic,
    partition,
    offset,
    key: keyOf(frame),
    value: frame.subarray(valueStart(frame)),
    timestampMs: timestampOf(frame),
  };
}

const valueStart = (frame: Buffer): number => HEADER_BYTES + frame.readUInt16BE(8);

/** The key of the record in a frame. */
export const keyOf = (frame: Buffer): string => frame.toString('utf8', HEADER_BYTES, valueStart(frame));

export function timestampOf(frame: Buffer): number {
  return frame.readDoubleBE(0);
}
