import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { LogRecord, PartitionInfo } from '../port.ts';
import { toRecord } from './batches.ts';
import { within } from './deadline.ts';

export interface ReadOptions {
  readonly clientId: string;
  readonly fromOffset: number;
  readonly limit: number;
  readonly maxBytes: number;
  readonly deadlineMs: number;
}

const IDLE_FETCH_MS = 250;

/**
 * Reads a piece of a partition with a consumer that lives for it alone. It ends at the limits, at what was the end of
 * the partition, or before a transaction that is still open.
 * @throws Error when the deadline passes first
 */
export async function readRecords(
  kafka: Kafka,
  { topic, partition, firstOffset, nextOffset }: PartitionInfo,
  { clientId, fromOffset, limit, maxBytes, deadlineMs }: ReadOptions,
): Promise<readonly LogRecord[]> {
  if (fromOffset >= nextOffset || limit < 1) return [];
  const groupId = `${clientId}.read.${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: IDLE_FETCH_MS,
  });
  const found: LogRecord[] = [];
  let bytes = 0;
  let idleFetches = 0;
  try {
    const read = new Promise<void>((resolve, reject) => {
      const endAt = (offset: number): void => {
        if (offset >= nextOffset - 1) resolve();
      };
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const others = (payload.memberAssignment[topic] ?? []).filter((other) => other !== partition);
        consumer.pause([{ topic, partitions: others }]);
        consumer.seek({ topic, partition, offset: String(Math.max(fromOffset, firstOffset)) });
      });
      // Marks of transactions are offsets without records: the end may be one of them.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => endAt(Number(payload.lastOffset)));
      consumer.on(consumer.events.START_BATCH_PROCESS, () => void (idleFetches = 0));
      consumer.on(consumer.events.FETCH, () => {
        idleFetches += 1;
        if (idleFetches > 2) resolve();
      });
      const start = async (): Promise<void> => {
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) {
              if (batch.partition !== partition || Number(message.offset) < fromOffset) continue;
              const record = toRecord(topic, partition, message);
              bytes += record.value.byteLength;
              const isFull = found.length >= limit || (found.length > 0 && bytes > maxBytes);
              if (!isFull) found.push(record);
              if (isFull || found.length === limit) {
                resolve();
                return;
              }
            }
          },
        });
      };
      start().catch(reject);
    });
    await within(`read ${topic}/${partition}`, deadlineMs, read);
  } finally {
    await consumer.disconnect();
  }
  return found;
}
