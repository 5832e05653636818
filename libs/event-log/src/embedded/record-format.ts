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

export const MAX_PARTITIONS = 2 ** 16;
export const MAX_KEY_BYTES = 2 ** 16 - 1;

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
  const valueAt = HEADER_BYTES + frame.readUInt16BE(8);
  return {
    topic,
    partition,
    offset,
    key: frame.toString('utf8', HEADER_BYTES, valueAt),
    value: frame.subarray(valueAt),
    timestampMs: timestampOf(frame),
  };
}

export function timestampOf(frame: Buffer): number {
  return frame.readDoubleBE(0);
}
