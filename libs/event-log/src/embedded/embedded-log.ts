import { systemClock, type Clock } from '@fairlead/model';
import { silentLog, type LogWriter } from '../log-writer.ts';
import { checkName } from '../names.ts';
import { partitionOf } from '../partitioner.ts';
import { AppendError, type InspectableLog, type NewRecord, type Position } from '../port.ts';
import { compareTopic } from '../topic-state.ts';
import { createGroupReader, type GroupReader, type LanePosition, type Member } from './group-reader.ts';
import { frameRecord, MAX_COMPACTED_KEY_BYTES, MAX_KEY_BYTES, MAX_PARTITIONS } from './record-format.ts';
import { openStorage, type StoredTopic } from './storage.ts';

export interface EmbeddedLogOptions {
  /** Holds the log; created when it is missing. Several processes may open it at the same time. */
  readonly directory: string;
  /**
   * What an acknowledged append, or commit, outlives. `process` (default): the death of this process at any moment,
   * `kill -9` included; a power cut or a kernel crash may cost what the disk had not yet, and leaves a log
   * that is whole up to there. `power`: those too, for the time of a disk flush in every append.
   */
  readonly durability?: 'process' | 'power';
  /** How often to look for records that another process appended. Default 200. */
  readonly pollMs?: number;
  /** How often retention is looked after. Default 10 000. */
  readonly retentionIntervalMs?: number;
  /** Most bytes that wait to be written; an append beyond is refused. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  readonly clock?: Clock;
  readonly logger?: LogWriter;
}

interface Framed {
  readonly stored: StoredTopic;
  readonly topic: string;
  readonly partition: number;
  /** Places of the records in the call, to answer with positions in the same order. */
  readonly places: number[];
  readonly frames: Buffer[];
}

/**
 * The event log in one directory, without a broker (LMDB). Members of a group share partitions within one process; of
 * processes with the same group each reads all partitions, and the first to finish a batch is the one that counts.
 */
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
  const groups = new Map<string, GroupReader>();
  const readers = new Set<GroupReader>();
  const stops = new Set<() => Promise<void>>();
  const writes = new Set<Promise<unknown>>();
  let pendingBytes = 0;
  let closing: Promise<void> | undefined;

  /** Checks and copies the records, so that nothing can go wrong inside the transaction. */
  const frame = (records: readonly NewRecord[]): readonly Framed[] => {
    const timestampMs = clock.nowMs();
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
  };

  const put = (framed: readonly Framed[]): readonly Position[] => {
    const positions: Position[] = [];
    for (const { stored, topic, partition, places, frames } of framed) {
      const first = storage.append(stored, partition, frames);
      for (const [index, place] of places.entries()) {
        positions[place] = { topic, partition, offset: first + index };
      }
    }
    return positions;
  };

  /** A transaction that `close` waits for, and that wakes the readers of what it appended. */
  const write = async <T>(framed: readonly Framed[], work: () => T): Promise<T> => {
    const bytes = framed.flatMap(({ frames }) => frames).reduce((sum, { byteLength }) => sum + byteLength, 0);
    // One that is larger than the bound may still come alone.
    if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) {
      throw new AppendError(`${pendingBytes} bytes wait to be written already; try again later`);
    }
    pendingBytes += bytes;
    const writing = storage.write(work);
    writes.add(writing);
    try {
      return await writing;
    } catch (cause) {
      throw new AppendError(`could not write to ${directory}`, { cause });
    } finally {
      writes.delete(writing);
      pendingBytes -= bytes;
      if (framed.length > 0) wakeAll(new Set(framed.map(({ topic }) => topic)));
    }
  };

  const wakeAll = (topics?: ReadonlySet<string>): void => {
    for (const reader of readers) reader.wake(topics);
  };

  const finishBatch = (group: string | undefined) => {
    return async (lane: LanePosition, nextOffset: number, outputs: readonly NewRecord[]): Promise<number> => {
      const framed = frame(outputs);
      const stored = topicOf(lane.topic);
      if (group === undefined) {
        if (framed.length > 0) await write(framed, () => put(framed));
        return nextOffset;
      }
      return write(framed, () => {
        const standsAt = storage.committed(group, stored, lane.partition);
        if (standsAt !== undefined && standsAt !== lane.offset) return standsAt;
        put(framed);
        storage.commit(group, stored, lane.partition, nextOffset);
        return nextOffset;
      });
    };
  };

  const topicOf = (name: string): StoredTopic => {
    const stored = storage.topic(name);
    if (!stored) throw new Error(`topic ${name} does not exist; create it with ensureTopics`);
    return stored;
  };

  const readerOf = (group: string | undefined): GroupReader => {
    const shared = group === undefined ? undefined : groups.get(group);
    if (shared) return shared;
    const reader = createGroupReader({
      read: (topic, partition, fromOffset, bytes) =>
        storage.read(topic, partition, fromOffset, { records: Number.MAX_SAFE_INTEGER, bytes }),
      finish: finishBatch(group),
    });
    readers.add(reader);
    if (group !== undefined) groups.set(group, reader);
    return reader;
  };

  const lanesOf = (topics: readonly string[]): { stored: StoredTopic; topic: string; partition: number }[] =>
    topics.flatMap((topic) => {
      const stored = topicOf(topic);
      return Array.from({ length: stored.partitions }, (_, partition) => ({ stored, topic, partition }));
    });

  /** A group that starts at the end commits that, so that it misses nothing from here on. */
  const commitEnds = (group: string, lanes: ReturnType<typeof lanesOf>): Promise<void> =>
    write([], () => {
      for (const { stored, partition } of lanes) {
        if (storage.committed(group, stored, partition) !== undefined) continue;
        storage.commit(group, stored, partition, storage.state(stored, partition).next);
      }
    });

  const refuseWhenClosed = (): void => {
    if (closing) throw new AppendError('the event log is closed');
  };

  const sweep = async (): Promise<void> => {
    try {
      storage.forgetDeadReaders();
      for (const { stored, partition } of lanesOf(storage.topicNames())) {
        const nowMs = clock.nowMs();
        if (!storage.canTrim(stored, partition, nowMs)) continue;
        while (!closing && (await write([], () => storage.trim(stored, partition, nowMs))));
      }
    } catch (err) {
      logger.error({ err, directory }, 'retention failed; it is tried again');
    }
  };
  let sweeping: Promise<void> | undefined;

  const polling = setInterval(wakeAll, pollMs);
  const retention = setInterval(() => {
    sweeping ??= sweep().finally(() => (sweeping = undefined));
  }, retentionIntervalMs);
  // A subscription keeps its process alive (and refs the polling); an open log does not.
  polling.unref();
  retention.unref();

  const close = async (): Promise<void> => {
    clearInterval(polling);
    clearInterval(retention);
    await Promise.all([...stops].map((stop) => stop()));
    await sweeping;
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
      await write([], () => {
        for (const topic of topics) storage.createTopic(topic);
      });
    },

    async compareTopics(topics) {
      return topics.map((topic) => {
        const stored = storage.topic(topic.name);
        return compareTopic(topic, stored && { ...stored, compacted: stored.compacted === true });
      });
    },

    async append(records) {
      refuseWhenClosed();
      const framed = frame(records);
      return framed.length === 0 ? [] : write(framed, () => put(framed));
    },

    async subscribe(subscribe) {
      refuseWhenClosed();
      if (subscribe.group !== undefined) checkName('group', subscribe.group);
      const { topics, group, startAt } = subscribe;
      const lanes = lanesOf(topics);
      if (group !== undefined && startAt === 'latest') await commitEnds(group, lanes);
      refuseWhenClosed();
      const reader = readerOf(group);
      const member: Member = { options: subscribe, stopping: new AbortController(), underWay: new Set() };
      reader.join(member);
      for (const { stored, topic, partition } of lanes) {
        const begin = startAt === 'latest' ? storage.state(stored, partition).next : 0;
        const standsAt = group === undefined ? undefined : storage.committed(group, stored, partition);
        reader.readLane({ topic, partition, offset: standsAt ?? begin });
      }
      const stop = async (): Promise<void> => {
        await reader.leave(member);
        stops.delete(stop);
        if (stops.size === 0) polling.unref();
        if (reader.members.length > 0) return;
        readers.delete(reader);
        if (group !== undefined && groups.get(group) === reader) groups.delete(group);
      };
      polling.ref();
      stops.add(stop);
      return { stop };
    },

    async read(topic, partition, fromOffset, limit) {
      topicOf(topic);
      return storage.read(topic, partition, fromOffset, { records: limit, bytes: MAX_READ_BYTES }).records;
    },

    async partitions(topic) {
      return lanesOf([topic]).map(({ stored, partition }) => {
        const { first, next } = storage.state(stored, partition);
        return { topic, partition, firstOffset: first, nextOffset: next };
      });
    },

    async committed(group, topic) {
      const offsets = new Map<number, number>();
      for (const { stored, partition } of lanesOf([topic])) {
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
