import { type CompressionTypes, type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs';
import type { LogWriter } from '../log-writer.ts';
import { AppendError } from '../port.ts';
import { messageOf, type PlacedRecord, toTopicMessages } from './batching-producer.ts';
import { within } from './deadline.ts';

export interface TransactionsDeps {
  readonly kafka: Kafka;
  readonly group: string;
  /** Where the group stands in a partition; undefined when it has committed nothing. */
  readonly committed: (topic: string, partition: number) => Promise<number | undefined>;
  readonly deadlineMs: number;
  readonly compression: CompressionTypes;
  readonly logger: LogWriter;
}

/** What a batch came to: the part of the input that it covers, and its outputs. */
export interface FinishedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** Offset after its last record. */
  readonly nextOffset: number;
  readonly outputs: readonly PlacedRecord[];
}

/**
 * Commits the offsets of a group together with the outputs of a batch, in a Kafka transaction.
 *
 * Each input partition has a transactional producer with a name that follows from group, topic and partition. Whoever
 * owns the partition next begins with the same name; the broker then ends what an earlier owner left open and refuses
 * it from then on. Only after that the new owner asks where the group stands, and drops its batch if that was done.
 */
export interface Transactions {
  /** Returns the offset where the group stands afterwards. */
  finish(batch: FinishedBatch): Promise<number>;
  /** Ends all producers; a later batch begins anew, as a new owner does. */
  reset(): Promise<void>;
}

const TRANSACTION_TIMEOUT_MS = 30_000;

export function createTransactions(deps: TransactionsDeps): Transactions {
  const { kafka, group, committed, deadlineMs, compression, logger } = deps;
  const producers = new Map<string, Producer>();

  const end = async (id: string, producer: Producer): Promise<void> => {
    if (producers.get(id) === producer) producers.delete(id);
    try {
      await within('disconnect', deadlineMs, producer.disconnect());
    } catch (err) {
      logger.debug({ err, producer: id }, 'a transactional producer did not disconnect');
    }
  };

  const begin = async (
    id: string,
  ): Promise<{ producer: Producer; transaction: Transaction; isNew: boolean }> => {
    const known = producers.get(id);
    if (known) return { producer: known, transaction: await known.transaction(), isNew: false };
    const producer = kafka.producer({
      transactionalId: id,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    producers.set(id, producer);
    await producer.connect();
    return { producer, transaction: await producer.transaction(), isNew: true };
  };

  const run = async (id: string, batch: FinishedBatch): Promise<number> => {
    const { topic, partition, firstOffset, nextOffset, outputs } = batch;
    const { transaction, isNew } = await begin(id);
    if (isNew) {
      const standsAt = await committed(topic, partition);
      if (standsAt !== undefined && standsAt > firstOffset) {
        await transaction.abort();
        return standsAt;
      }
    }
    // The records come first: the broker may still be busy with the transaction before, and kafkajs waits for that
    // when it sends records, but not when it sends offsets.
    await transaction.sendBatch({ acks: -1, compression, topicMessages: toTopicMessages(outputs) });
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
    });
    await transaction.commit();
    return nextOffset;
  };

  return {
    async finish(batch) {
      const id = `fairlead.${group}.${batch.topic}.${batch.partition}`;
      try {
        return await within('transaction', deadlineMs, run(id, batch));
      } catch (cause) {
        // Whether it was committed is unknown. A new producer of that name settles it, and then asks.
        const producer = producers.get(id);
        if (producer) await end(id, producer);
        throw new AppendError(`Kafka did not commit the transaction: ${messageOf(cause)}`, { cause });
      }
    },
    async reset() {
      await Promise.all([...producers].map(([id, producer]) => end(id, producer)));
    },
  };
}
