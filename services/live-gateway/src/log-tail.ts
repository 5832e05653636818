import type { EventLog } from '@fairlead/event-log';
import { type Codec, decodeFrames, FrameError } from '@fairlead/model';
import type { Topic } from '@fairlead/topics';

const READ_AT_ONCE = 500;

export interface Tail<T> {
  /** Partition after partition; within one in the order of the log. */
  readonly records: readonly T[];
  /** First offset of each partition that was not read. */
  readonly next: ReadonlyMap<number, number>;
  /** Values that could not be decoded. */
  readonly broken: number;
}

/**
 * The end of a topic: in each partition what was appended since `sinceMs`, but at most the last `values` values. What
 * is appended meanwhile is not waited for.
 */
export async function readTail<T>(
  log: EventLog,
  topic: Topic<T>,
  { sinceMs, values }: { readonly sinceMs: number; readonly values: number },
): Promise<Tail<T>> {
  const records: T[] = [];
  const next = new Map<number, number>();
  let broken = 0;
  for (const { partition, firstOffset, nextOffset } of await log.partitions(topic.name)) {
    next.set(partition, nextOffset);
    const least = Math.max(firstOffset, nextOffset - values);
    const start = await findStart(log, topic.name, partition, least, nextOffset, sinceMs);
    for (let offset = start; offset < nextOffset;) {
      const chunk = await log.read(
        topic.name,
        partition,
        offset,
        Math.min(READ_AT_ONCE, nextOffset - offset),
      );
      for (const record of chunk) {
        if (record.offset >= nextOffset || record.timestampMs < sinceMs) continue;
        const decoded = decodeOrUndefined(topic.codec, record.value);
        if (decoded) records.push(...decoded);
        else broken += 1;
      }
      const last = chunk.at(-1);
      if (!last) break;
      offset = last.offset + 1;
    }
  }
  return { records, next, broken };
}

/** Goes back in steps until a record is older than `sinceMs`. */
async function findStart(
  log: EventLog,
  topic: string,
  partition: number,
  least: number,
  end: number,
  sinceMs: number,
): Promise<number> {
  let start = end;
  while (start > least) {
    start = Math.max(least, start - READ_AT_ONCE);
    const [oldest] = await log.read(topic, partition, start, 1);
    if (oldest && oldest.timestampMs < sinceMs) break;
  }
  return start;
}

/** The records of a value, or undefined when it is no batch of them. */
export function decodeOrUndefined<T>(codec: Codec<T>, value: Uint8Array): T[] | undefined {
  try {
    return decodeFrames(codec, value);
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
