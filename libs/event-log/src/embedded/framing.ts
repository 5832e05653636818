import { partitionOf } from '../partitioner.ts';
import { AppendError, type NewRecord, type Position } from '../port.ts';
import { frameRecord, MAX_COMPACTED_KEY_BYTES, MAX_KEY_BYTES } from './record-format.ts';
import type { Storage, StoredTopic } from './storage.ts';

/** Records of one call for one partition. */
export interface Framed {
  readonly stored: StoredTopic;
  readonly topic: string;
  readonly partition: number;
  /** Places of the records in the call, to answer with positions in the same order. */
  readonly places: number[];
  readonly frames: Buffer[];
}

/**
 * Checks and copies the records, so that nothing can go wrong inside the transaction.
 * @throws AppendError
 */
export function frameAll(
  storage: Storage,
  records: readonly NewRecord[],
  timestampMs: number,
): readonly Framed[] {
  const framed = new Map<string, Framed>();
  for (const [place, record] of records.entries()) {
    const stored = storage.topic(record.topic);
    if (!stored) throw new AppendError(`topic ${record.topic} does not exist; create it with ensureTopics`);
    const maxKeyBytes = stored.compacted === true ? MAX_COMPACTED_KEY_BYTES : MAX_KEY_BYTES;
    if (Buffer.byteLength(record.key) > maxKeyBytes) {
      throw new AppendError(`topic ${record.topic}: a key has more than ${maxKeyBytes} bytes`);
    }
    const partition = partitionOf(record.key, stored.partitions);
    const id = `${record.topic}/${partition}`;
    const entry = framed.get(id) ?? { stored, topic: record.topic, partition, places: [], frames: [] };
    framed.set(id, entry);
    entry.places.push(place);
    entry.frames.push(frameRecord(record, timestampMs));
  }
  return [...framed.values()];
}

/** Puts the frames into the log, inside a transaction, and returns where they stand. */
export function putAll(storage: Storage, framed: readonly Framed[]): readonly Position[] {
  const positions: Position[] = [];
  for (const { stored, topic, partition, places, frames } of framed) {
    const first = storage.append(stored, partition, frames);
    for (const [index, place] of places.entries()) {
      positions[place] = { topic, partition, offset: first + index };
    }
  }
  return positions;
}

export const bytesOf = (framed: readonly Framed[]): number =>
  framed.reduce(
    (sum, { frames }) => sum + frames.reduce((bytes, { byteLength }) => bytes + byteLength, 0),
    0,
  );
