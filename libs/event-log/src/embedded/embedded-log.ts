import { systemClock, type Clock } from '@fairlead/model';
import { silentLog, type LogWriter } from '../log-writer.ts';
import { checkName } from '../names.ts';
import { AppendError, type InspectableLog } from '../port.ts';
import { compareTopic } from '../topic-state.ts';
import { watchAppends } from './append-watch.ts';
import { describeTopics } from './describe-topics.ts';
import { bytesOf, frameAll, putAll } from './framing.ts';
import { MAX_PARTITIONS } from './record-format.ts';
import { createDiskCondition } from './disk-condition.ts';
import { createRetention } from './retention.ts';
import { openStorage } from './storage.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface EmbeddedLogOptions {
  /** Holds the log; created when it is missing. Several processes of one machine may open it at the same time. */
  readonly directory: string;
  /**
   * What an acknowledged append, or commit, outlives. `process` (default): the death of this process at any moment,
   * `kill -9` included; a power cut or a kernel crash may cost what the disk had not yet, and leaves a log
   * that is whole up to there. `power`: those too, for the time of a disk flush in every append.
   */
  readonly durability?: 'process' | 'power';
  /**
   * How often to look for records that another process appended, where the system does not tell, and for members of
   * groups that came or went. Default 200.
   */
  readonly pollMs?: number;
  /** How often retention is looked after. Default 10 000. */
  readonly retentionIntervalMs?: number;
  /** Most bytes that wait to be written; an append beyond is refused. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  readonly clock?: Clock;
  readonly logger?: LogWriter;
}

/** The event log in one directory, without a broker (LMDB). */
export async function createEmbeddedLog(options: EmbeddedLogOptions): Promise<InspectableLog> {
  const {
    directory,
    durability = 'process',
    pollMs = 200,
    retentionIntervalMs = 10_000,
    maxPendingBytes = 64 * 2 ** 20,
    clock = systemClock,
    logger = silentLog,
  } = options;
  const storage = openStorage({ directory, durability });
  const condition = createDiskCondition(directory, logger);
  const writes = new Set<Promise<unknown>>();
  const nowMs = (): number => clock.nowMs();
  let pendingBytes = 0;
  let closing: Promise<void> | undefined;

  /** A transaction that `close` waits for, and that wakes the readers of what it appended. */
  const write = async <T>(
    work: () => T,
    { bytes, topics }: { readonly bytes: number; readonly topics: Set<string> } = NOTHING,
  ): Promise<T> => {
    // One that is larger than the bound may still come alone.
    if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) {
      throw new AppendError(`${pendingBytes} bytes wait to be written already; try again later`);
    }
    pendingBytes += bytes;
    const writing = storage.write(work);
    writes.add(writing);
    try {
      const result = await writing;
      condition.succeeded();
      return result;
    } catch (cause) {
      throw new AppendError(condition.failed(cause), { cause });
    } finally {
      writes.delete(writing);
      pendingBytes -= bytes;
      if (topics.size > 0) subscriptions.wake(topics);
    }
  };

  const subscriptions = createSubscriptions({
    storage,
    nowMs,
    monotonicMs: () => clock.monotonicMs(),
    logger,
    write,
  });
  const retention = createRetention(storage, { intervalMs: retentionIntervalMs, nowMs, logger, write });
  const watch = watchAppends(storage.file, () => subscriptions.wake());
  const polling = setInterval(() => subscriptions.poll(), pollMs);
  // A subscription keeps its process alive (and refs the polling); an open log does not.
  polling.unref();

  const refuseWhenClosed = (): void => {
    if (closing) throw new AppendError('the event log is closed');
  };

  const close = async (): Promise<void> => {
    clearInterval(polling);
    watch.close();
    await subscriptions.stop();
    await retention.stop();
    await Promise.allSettled([...writes]);
    await storage.close();
  };

  return {
    async ensureTopics(topics) {
      refuseWhenClosed();
      for (const { name, partitions } of topics) {
        checkName('topic', name);
        if (Number.isInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS) continue;
        throw new Error(`topic ${name}: ${partitions} partitions; 1 to ${MAX_PARTITIONS} are possible`);
      }
      if (topics.every(({ name }) => storage.topic(name))) return;
      await write(() => {
        for (const topic of topics) storage.createTopic(topic);
      });
    },

    async append(records) {
      refuseWhenClosed();
      const framed = frameAll(storage, records, nowMs());
      if (framed.length === 0) return [];
      const topics = new Set(framed.map(({ topic }) => topic));
      return write(() => putAll(storage, framed), { bytes: bytesOf(framed), topics });
    },

    async subscribe(subscribe) {
      refuseWhenClosed();
      const subscription = await subscriptions.add(subscribe);
      polling.ref();
      return {
        async stop() {
          await subscription.stop();
          if (subscriptions.size === 0) polling.unref();
        },
      };
    },

    async read(topic, partition, fromOffset, limit) {
      storage.existing(topic);
      return storage.read(topic, partition, fromOffset, { records: limit, bytes: MAX_READ_BYTES }).records;
    },

    async partitions(topic) {
      return storage.partitions([topic]).map(({ stored, partition }) => {
        const { first, next } = storage.state(stored, partition);
        return { topic, partition, firstOffset: first, nextOffset: next };
      });
    },

    async compareTopics(topics) {
      return topics.map((wanted) => {
        const stored = storage.topic(wanted.name);
        return compareTopic(wanted, stored && { ...stored, compacted: stored.compacted ?? false });
      });
    },

    async describe(topics) {
      return describeTopics(storage, topics);
    },

    async committed(group, topic) {
      const offsets = new Map<number, number>();
      for (const { stored, partition } of storage.partitions([topic])) {
        const offset = storage.committed(group, stored, partition);
        if (offset !== undefined) offsets.set(partition, offset);
      }
      return offsets;
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Most bytes of values that one `read` returns. */
const MAX_READ_BYTES = 16 * 2 ** 20;

const NOTHING = { bytes: 0, topics: new Set<string>() };
