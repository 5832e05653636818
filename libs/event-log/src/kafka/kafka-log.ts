import { randomUUID } from 'node:crypto';
import { type LogWriter, silentLog } from '../log-writer.ts';
import { checkName } from '../names.ts';
import { partitionOf } from '../partitioner.ts';
import { AppendError, type InspectableLog, type NewRecord, type Subscription } from '../port.ts';
import { createBatchingProducer, messageOf, type PlacedRecord } from './batching-producer.ts';
import { compressionType, type KafkaCompression } from './compression.ts';
import { within } from './deadline.ts';
import { describeTopics } from './describe-topics.ts';
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.ts';
import { readRecords } from './read-records.ts';
import { subscribeKafka } from './subscription.ts';
import { createTopics, MAX_APPEND_BYTES } from './topics.ts';
import { createTransactions } from './transactions.ts';

export interface KafkaLogOptions extends KafkaClientOptions {
  /** How long an append waits for others to share its request. Default 20. */
  readonly lingerMs?: number;
  /** Bytes of appends that are sent without waiting. Default 256 KiB. */
  readonly batchBytes?: number;
  /** Most bytes that wait to be sent; an append beyond is refused. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** How appends and outputs are compressed. Default `lz4`. */
  readonly compression?: KafkaCompression;
  /** A consumer that takes nothing for so long, although records come, is replaced. Default 60 000. */
  readonly stallMs?: number;
  /** Longest time for one call, with its retries. Default 30 000. */
  readonly deadlineMs?: number;
  /**
   * Longest time for an append; `deadlineMs` unless given. With Infinity one that is under way is repeated until the broker
   * answers, by the same producer with the same numbers, so that what the broker has already is not kept twice.
   */
  readonly appendDeadlineMs?: number;
  readonly logger?: LogWriter;
}

const MAX_READ_BYTES = 16 * 2 ** 20;

/**
 * The event log in Apache Kafka. Appends are idempotent and acknowledged by all replicas in sync; the outputs of a
 * batch and the commit of its offsets are one transaction, and readers see committed records only.
 * @throws Error when no broker answers within the deadline
 */
export async function createKafkaLog(options: KafkaLogOptions): Promise<InspectableLog> {
  const {
    clientId,
    lingerMs = 20,
    batchBytes = 256 * 2 ** 10,
    maxPendingBytes = 64 * 2 ** 20,
    deadlineMs = 30_000,
    appendDeadlineMs = deadlineMs,
    stallMs = 60_000,
    compression: wanted = 'lz4',
    logger = silentLog,
  } = options;
  const compression = compressionType(wanted);
  const kafka = createKafkaClient(options, logger);
  const admin = kafka.admin();
  try {
    await within('the first broker', deadlineMs, admin.connect());
  } catch (cause) {
    void admin.disconnect().catch((err: unknown) => logger.debug({ err }, 'a client did not disconnect'));
    throw new Error(`cannot connect to Kafka at ${options.brokers.join(', ')}: ${messageOf(cause)}`, {
      cause,
    });
  }
  const topics = createTopics(admin, deadlineMs);
  const producer = createBatchingProducer(
    kafka,
    { lingerMs, batchBytes, maxPendingBytes, deadlineMs: appendDeadlineMs, compression },
    logger,
  );
  const subscriptions = new Set<Subscription>();
  let closing: Promise<void> | undefined;

  const refuseWhenClosed = (): void => {
    if (closing) throw new AppendError('the event log is closed');
  };
  const ask = <T>(what: string, answer: Promise<T>): Promise<T> => within(what, deadlineMs, answer);

  const place = async (records: readonly NewRecord[]): Promise<readonly PlacedRecord[]> => {
    const counts = new Map<string, number>();
    const bytes = new Map<string, number>();
    try {
      for (const topic of new Set(records.map((record) => record.topic))) {
        counts.set(topic, await ask('partitions', topics.partitionCount(topic)));
      }
    } catch (cause) {
      throw new AppendError(messageOf(cause), { cause });
    }
    return records.map((record) => {
      const partition = partitionOf(record.key, counts.get(record.topic) ?? 1);
      const id = `${record.topic}/${partition}`;
      const sum = (bytes.get(id) ?? 0) + record.value.byteLength;
      bytes.set(id, sum);
      if (sum > MAX_APPEND_BYTES) {
        throw new AppendError(`more than ${MAX_APPEND_BYTES} bytes for ${id} in one append`, {
          isPermanent: true,
        });
      }
      return { ...record, partition };
    });
  };

  const append = (records: readonly PlacedRecord[]) => producer.send(records);

  const close = async (): Promise<void> => {
    await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    await producer.close();
    await admin.disconnect();
  };

  return {
    async ensureTopics(specs) {
      refuseWhenClosed();
      await ask('create topics', topics.ensure(specs));
    },
    compareTopics: (specs) => ask('compare topics', topics.compare(specs)),
    describe: (names) => ask('describe topics', describeTopics(admin, topics, names)),

    async append(records) {
      refuseWhenClosed();
      const placed = await place(records);
      return placed.length === 0 ? [] : append(placed);
    },

    async subscribe(subscribe) {
      refuseWhenClosed();
      const { group } = subscribe;
      if (group !== undefined) checkName('group', group);
      for (const topic of subscribe.topics) await ask('partitions', topics.partitionCount(topic));
      const groupId = group ?? `${clientId}.lone.${randomUUID()}`;
      const transactions =
        group === undefined
          ? undefined
          : createTransactions({
              kafka,
              group,
              committed: async (topic, partition) => (await topics.committed(group, topic)).get(partition),
              deadlineMs,
              compression,
              logger,
            });
      const inner = await subscribeKafka(subscribe, {
        kafka,
        topics,
        logger,
        deadlineMs,
        stallMs,
        transactions,
        groupId,
        place,
        append,
      });
      const subscription: Subscription = {
        async stop() {
          await inner.stop();
          subscriptions.delete(subscription);
        },
      };
      subscriptions.add(subscription);
      return subscription;
    },

    async read(topic, partition, fromOffset, limit) {
      const info = (await ask('offsets', topics.offsets(topic))).find((of) => of.partition === partition);
      if (!info) throw new Error(`topic ${topic} has no partition ${partition}`);
      return readRecords(kafka, info, { clientId, fromOffset, limit, maxBytes: MAX_READ_BYTES, deadlineMs });
    },

    partitions: (topic) => ask('offsets', topics.offsets(topic)),
    committed: (group, topic) => ask('committed offsets', topics.committed(group, topic)),

    close() {
      closing ??= close();
      return closing;
    },
  };
}
