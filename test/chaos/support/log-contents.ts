import type { EventLog } from '@fairlead/event-log';
import { decodeFrames } from '@fairlead/model';
import type { Topic } from '@fairlead/topics';

const READ_AT_ONCE = 10_000;

/** Everything that a topic holds: partition after partition, each in its order. Asked again, only what is new is read. */
export interface LogContents<T> {
  read(log: EventLog): Promise<readonly T[]>;
}

export function contentsOf<T>({ name, codec }: Topic<T>): LogContents<T> {
  const byPartition = new Map<number, { next: number; readonly messages: T[] }>();
  return {
    async read(log) {
      for (const { partition, firstOffset, nextOffset } of await log.partitions(name)) {
        const known = byPartition.get(partition) ?? { next: firstOffset, messages: [] };
        byPartition.set(partition, known);
        while (known.next < nextOffset) {
          const records = await log.read(name, partition, known.next, READ_AT_ONCE);
          for (const { value } of records) known.messages.push(...decodeFrames(codec, value));
          // The end of a transaction is an offset without a record.
          known.next = (records.at(-1)?.offset ?? nextOffset - 1) + 1;
        }
      }
      return [...byPartition.values()].flatMap(({ messages }) => messages);
    },
  };
}
