import { backoffMs, pause } from '@fairlead/runtime';
import kafkajs, { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import type { LogWriter } from '../log-writer.ts';
import type { LogBatch, NewRecord, SubscribeOptions, Subscription } from '../port.ts';
import { batchesOf, type Failure, toRecord } from './batches.ts';
import type { PlacedRecord } from './batching-producer.ts';
import { coPartitioned } from './co-partitioned.ts';
import { within } from './deadline.ts';
import { beating, HEARTBEAT_MS, isAboutMembership, SESSION_TIMEOUT_MS } from './membership.ts';
import type { Topics } from './topics.ts';
import type { Transactions } from './transactions.ts';
import { createWatchdog } from './watchdog.ts';

export interface SubscriptionDeps {
  readonly kafka: Kafka;
  readonly topics: Topics;
  readonly logger: LogWriter;
  readonly deadlineMs: number;
  /** A consumer that takes nothing for so long, although records come, is replaced. */
  readonly stallMs: number;
  /** Present for a group, absent for a subscriber on its own. */
  readonly transactions: Transactions | undefined;
  /** Name of the group; one that nobody else has for a subscriber on its own. */
  readonly groupId: string;
  place(records: readonly NewRecord[]): Promise<readonly PlacedRecord[]>;
  append(records: readonly PlacedRecord[]): Promise<unknown>;
}

const DEFAULT_MAX_BATCH_BYTES = 2 ** 20;
/** A group waits for a member that is gone for the session timeout, and one that is slow to join for a minute. */
const REOPEN_DEADLINE_MS = 90_000;
/** An idle fetch lasts so long, and stop() waits for it. */
const IDLE_FETCH_MS = 500;
/** Room for every partition that a member may have; each still has one batch at a time. */
const PARTITIONS_AT_ONCE = 256;

const idOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Reads topics with a kafkajs consumer. Resolves when the group has given it partitions and their places are fixed. */
export async function subscribeKafka(
  options: SubscribeOptions,
  deps: SubscriptionDeps,
): Promise<Subscription> {
  const { kafka, topics, logger, deadlineMs, stallMs, transactions, groupId } = deps;
  const { maxBatchBytes = DEFAULT_MAX_BATCH_BYTES, lingerMs = 0, startAt } = options;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  const failed = new Map<string, Failure>();
  const resumes = new Set<NodeJS.Timeout>();
  /** Where to begin in partitions in which the group has committed nothing; later, how far a lone subscriber is. */
  const places = new Map<string, number>();
  let consumer: Consumer;
  /** What the group has given this member; undefined before it has. */
  let assignment: Record<string, number[]> | undefined;
  /** Assignments so far: between two of them others may have had any partition. */
  let tenure = 0;
  let busy = 0;
  let replacing: Promise<void> | undefined;
  let settled: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  const watchdog = createWatchdog({
    stallMs,
    deadlineMs,
    // What is under way has its own deadline, and a failed batch its pause.
    isBusy: () => busy > 0 || resumes.size > 0 || replacing !== undefined,
    endOffset: async () => {
      let sum = 0;
      for (const topic of options.topics) {
        for (const { partition, nextOffset } of await topics.offsets(topic)) {
          // Of the whole topics before the group has given this member any.
          if (!assignment || assignment[topic]?.includes(partition)) sum += nextOffset;
        }
      }
      return sum;
    },
    onStall: () => {
      report(new Error(`nothing came for ${stallMs} ms although ${options.topics.join(', ')} grew`));
      return replace();
    },
    onBlind: (err) => logger.debug({ err, groupId }, 'cannot see how far behind a consumer is'),
  });

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
    busy += 1;
    try {
      await settled;
      await workOn(payload);
    } finally {
      busy -= 1;
      watchdog.moved();
    }
  };

  const workOn = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition } = payload.batch;
    const id = idOf(topic, partition);
    const all = payload.batch.messages.map((message) => toRecord(topic, partition, message));
    for (const records of batchesOf(all, maxBatchBytes, failed.get(id))) {
      // Between batches others may have the partition, or a place may have been set.
      if (!payload.isRunning() || payload.isStale() || isStopping()) return;
      const last = records.at(-1);
      if (!last) return;
      const batch: LogBatch = { topic, partition, tenure, records };
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
    /** kafkajs would start one again that crashed while it was being left: a member that takes partitions and reads nothing. */
    const isLeft = (): boolean => opened !== consumer || isStopping();
    const opened = kafka.consumer({
      groupId,
      retry: { restartOnFailure: async () => !isLeft() },
      // The second is what members of an older release know.
      partitionAssigners: [coPartitioned, kafkajs.PartitionAssigners.roundRobin],
      readUncommitted: false,
      allowAutoTopicCreation: false,
      heartbeatInterval: HEARTBEAT_MS,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: 60_000,
      maxBytesPerPartition: maxBatchBytes,
      ...(lingerMs > 0
        ? { minBytes: maxBatchBytes, maxWaitTimeInMs: lingerMs }
        : { minBytes: 1, maxWaitTimeInMs: IDLE_FETCH_MS }),
    });
    consumer = opened;
    assignment = undefined;
    const joined = new Promise<void>((resolve, reject) => {
      opened.on(opened.events.GROUP_JOIN, ({ payload }) => {
        if (isLeft()) {
          void leave(opened);
          return;
        }
        assignment = payload.memberAssignment;
        tenure += 1;
        settled = settleUntilDone(opened, assignment);
        void settled.then(resolve);
      });
      opened.on(opened.events.CRASH, ({ payload }) => {
        report(payload.error);
        if (payload.restart) return;
        reject(payload.error);
        if (opened === consumer && assignment) void replace();
      });
    });
    joined.catch(() => undefined);
    await opened.connect();
    await opened.subscribe({ topics: [...options.topics], fromBeginning: true });
    if (isStopping()) return leave(opened);
    await opened.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      // One that was replaced may still wake up.
      eachBatch: async (payload) => (opened === consumer ? eachBatch(payload) : undefined),
    });
    await joined;
  };

  /** kafkajs starts a consumer again after what may pass; one that it gives up, or that stands still, is replaced. */
  const replace = (): Promise<void> => {
    replacing ??= replaceUntilDone().finally(() => (replacing = undefined));
    return replacing;
  };

  const replaceUntilDone = async (): Promise<void> => {
    for (let failures = 1; !isStopping(); failures += 1) {
      void leave(consumer);
      await pause(backoffMs(failures, { baseMs: 500, maxMs: 30_000 }), stopping.signal);
      // One call at a time for each partition, of an old consumer and a new one as well.
      while (busy > 0 && !isStopping()) await pause(50, stopping.signal);
      if (isStopping()) return;
      try {
        await within(`subscribe again to ${options.topics.join(', ')}`, REOPEN_DEADLINE_MS, open());
        return;
      } catch (error) {
        report(error);
      }
    }
  };

  const leave = async (left: Consumer): Promise<void> => {
    try {
      await left.disconnect();
    } catch (err) {
      logger.debug({ err, groupId }, 'a consumer did not disconnect');
    }
  };

  const stop = async (): Promise<void> => {
    stopping.abort();
    watchdog.stop();
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
  watchdog.start();
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
