import { backoffMs, pause } from '@fairlead/runtime';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { LogWriter } from '../log-writer.ts';
import type { LogBatch, LogRecord, NewRecord, SubscribeOptions, Subscription } from '../port.ts';
import type { PlacedRecord } from './batching-producer.ts';
import { within } from './deadline.ts';
import type { Topics } from './topics.ts';
import type { Transactions } from './transactions.ts';

export interface SubscriptionDeps {
  readonly kafka: Kafka;
  readonly topics: Topics;
  readonly logger: LogWriter;
  readonly deadlineMs: number;
  /** Present for a group, absent for a subscriber on its own. */
  readonly transactions: Transactions | undefined;
  /** Name of the group; one that nobody else has for a subscriber on its own. */
  readonly groupId: string;
  place(records: readonly NewRecord[]): Promise<readonly PlacedRecord[]>;
  append(records: readonly PlacedRecord[]): Promise<unknown>;
}

const DEFAULT_MAX_BATCH_BYTES = 2 ** 20;
const HEARTBEAT_MS = 1_000;
/** An idle fetch lasts so long, and stop() waits for it. */
const IDLE_FETCH_MS = 500;
/** Room for every partition that a member may have; each still has one batch at a time. */
const PARTITIONS_AT_ONCE = 256;

/** What a failed batch needs to come again with the same records. */
interface Failure {
  readonly firstOffset: number;
  readonly records: number;
  readonly failures: number;
}

const idOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Reads topics with a kafkajs consumer. Resolves when the group has given it partitions and their places are fixed. */
export async function subscribeKafka(
  options: SubscribeOptions,
  deps: SubscriptionDeps,
): Promise<Subscription> {
  const { kafka, topics, logger, deadlineMs, transactions, groupId } = deps;
  const { maxBatchBytes = DEFAULT_MAX_BATCH_BYTES, lingerMs = 0, startAt } = options;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  const failed = new Map<string, Failure>();
  const resumes = new Set<NodeJS.Timeout>();
  /** Where to begin in partitions in which the group has committed nothing; later, how far a lone subscriber is. */
  const places = new Map<string, number>();
  let consumer: Consumer;
  let settled: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  const report = (error: unknown, batch?: LogBatch): void => {
    try {
      options.onError?.(error, batch);
    } catch (err) {
      logger.warn({ err, groupId }, 'an error handler threw');
    }
  };

  /** Fixes the places of the partitions that a join has brought. Nothing is handed out before. */
  const settle = async (of: Consumer, assignment: Record<string, number[]>): Promise<void> => {
    await transactions?.reset();
    for (const [topic, partitions] of Object.entries(assignment)) {
      const committed = transactions ? await topics.committed(groupId, topic) : new Map<number, number>();
      for (const partition of partitions) {
        const offset = places.get(idOf(topic, partition));
        if (offset === undefined || committed.has(partition)) continue;
        of.seek({ topic, partition, offset: String(offset) });
        // Committed at once, so that a group that starts at the end misses nothing from here on.
        if (transactions) await of.commitOffsets([{ topic, partition, offset: String(offset) }]);
      }
    }
  };

  const settleUntilDone = async (of: Consumer, assignment: Record<string, number[]>): Promise<void> => {
    for (let failures = 1; !isStopping() && of === consumer; failures += 1) {
      try {
        await within('the places of a group', deadlineMs, settle(of, assignment));
        return;
      } catch (error) {
        report(error);
        await pause(backoffMs(failures, { baseMs: 100, maxMs: 5_000 }), stopping.signal);
      }
    }
  };

  /** Commits the work of one batch; returns the offset to go on from. */
  const finish = async (
    { commitOffsetsIfNecessary }: EachBatchPayload,
    { topic, partition, records }: LogBatch,
    nextOffset: number,
    outputs: readonly PlacedRecord[],
  ): Promise<number> => {
    if (!transactions) {
      if (outputs.length > 0) await deps.append(outputs);
      places.set(idOf(topic, partition), nextOffset);
      return nextOffset;
    }
    if (outputs.length > 0) {
      const firstOffset = records[0]?.offset ?? nextOffset;
      return transactions.finish({ topic, partition, firstOffset, nextOffset, outputs });
    }
    await commitOffsetsIfNecessary({
      topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
    });
    return nextOffset;
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    await settled;
    const { topic, partition } = payload.batch;
    const id = idOf(topic, partition);
    const all = payload.batch.messages.map((message) => toRecord(topic, partition, message));
    for (const records of batchesOf(all, maxBatchBytes, failed.get(id))) {
      // Between batches others may have the partition, or a place may have been set.
      if (!payload.isRunning() || payload.isStale() || isStopping()) return;
      const last = records.at(-1);
      if (!last) return;
      const batch: LogBatch = { topic, partition, records };
      // After the last record may come the mark of a transaction, which is no record: the batch covers it.
      const nextOffset = (last === all.at(-1) ? Number(payload.batch.lastOffset()) : last.offset) + 1;
      let outputs: readonly PlacedRecord[];
      let standsAt: number;
      try {
        outputs = await beating(payload, async () => deps.place((await options.onBatch(batch)) ?? []));
        standsAt = await beating(payload, () => finish(payload, batch, nextOffset, outputs));
      } catch (error) {
        report(error, batch);
        // The group has moved on without this member: kafkajs joins it again.
        if (isAboutMembership(error)) throw error;
        retryLater(payload, batch);
        return;
      }
      failed.delete(id);
      payload.resolveOffset(String(last.offset));
      if (standsAt === nextOffset) continue;
      consumer.seek({ topic, partition, offset: String(standsAt) });
      return;
    }
  };

  /** Leaves the partition alone for a while; then the same records are fetched again, as nothing was resolved. */
  const retryLater = ({ pause: pausePartition }: EachBatchPayload, batch: LogBatch): void => {
    const id = idOf(batch.topic, batch.partition);
    const failures = (failed.get(id)?.failures ?? 0) + 1;
    failed.set(id, { firstOffset: batch.records[0]?.offset ?? 0, records: batch.records.length, failures });
    const resume = pausePartition();
    const timer = setTimeout(
      () => {
        resumes.delete(timer);
        resume();
      },
      backoffMs(failures, { baseMs: 100, maxMs: 10_000 }),
    );
    resumes.add(timer);
  };

  const open = async (): Promise<void> => {
    const opened = kafka.consumer({
      groupId,
      readUncommitted: false,
      allowAutoTopicCreation: false,
      heartbeatInterval: HEARTBEAT_MS,
      // A killed process keeps its partitions for so long; one that is alive says so every second.
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      maxBytesPerPartition: maxBatchBytes,
      ...(lingerMs > 0
        ? { minBytes: maxBatchBytes, maxWaitTimeInMs: lingerMs }
        : { minBytes: 1, maxWaitTimeInMs: IDLE_FETCH_MS }),
    });
    consumer = opened;
    const joined = new Promise<void>((resolve, reject) => {
      opened.on(opened.events.GROUP_JOIN, ({ payload }) => {
        settled = settleUntilDone(opened, payload.memberAssignment);
        void settled.then(resolve);
      });
      opened.on(opened.events.CRASH, ({ payload }) => {
        report(payload.error);
        if (payload.restart) return;
        reject(payload.error);
        void reopen(opened);
      });
    });
    await opened.connect();
    await opened.subscribe({ topics: [...options.topics], fromBeginning: true });
    await opened.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch,
    });
    await joined;
  };

  /** kafkajs starts a consumer again after what may pass; one that it gives up is replaced, for as long as somebody wants the subscription. */
  const reopen = async (crashed: Consumer): Promise<void> => {
    for (let failures = 1; !isStopping() && consumer === crashed; failures += 1) {
      await pause(backoffMs(failures, { baseMs: 500, maxMs: 30_000 }), stopping.signal);
      if (isStopping()) return;
      await open().catch((error: unknown) => report(error));
    }
  };

  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const timer of resumes) clearTimeout(timer);
    await consumer.disconnect();
    await transactions?.reset();
  };

  if (startAt === 'latest') {
    for (const topic of options.topics) {
      for (const { partition, nextOffset } of await topics.offsets(topic)) {
        places.set(idOf(topic, partition), nextOffset);
      }
    }
  }
  try {
    await within(`subscribe to ${options.topics.join(', ')}`, deadlineMs, open());
  } catch (error) {
    void stop().catch((err: unknown) => logger.debug({ err, groupId }, 'a consumer did not stop'));
    throw error;
  }
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Does something long while the group keeps hearing from this member. What it hears of a rebalance can wait. */
async function beating<T>({ heartbeat }: EachBatchPayload, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Errors by which a coordinator says that the member is no longer what it was. */
function isAboutMembership(error: unknown): boolean {
  const type = (error as { readonly type?: unknown } | undefined)?.type;
  return (
    type === 'REBALANCE_IN_PROGRESS' ||
    type === 'ILLEGAL_GENERATION' ||
    type === 'UNKNOWN_MEMBER_ID' ||
    type === 'NOT_COORDINATOR_FOR_GROUP'
  );
}

/** Cuts what was fetched into batches; one that failed before is cut as it was then. */
function* batchesOf(
  records: readonly LogRecord[],
  maxBytes: number,
  failure?: Failure,
): Generator<readonly LogRecord[]> {
  let rest = records;
  if (failure && rest[0]?.offset === failure.firstOffset) {
    yield rest.slice(0, failure.records);
    rest = rest.slice(failure.records);
  }
  while (rest.length > 0) {
    let bytes = 0;
    const beyond = rest.findIndex(({ value }, index) => {
      bytes += value.byteLength;
      return index > 0 && bytes > maxBytes;
    });
    const count = beyond < 0 ? rest.length : beyond;
    yield rest.slice(0, count);
    rest = rest.slice(count);
  }
}

export function toRecord(topic: string, partition: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key?.toString('utf8') ?? '',
    value: message.value ?? new Uint8Array(),
    timestampMs: Number(message.timestamp),
  };
}
