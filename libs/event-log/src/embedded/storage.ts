import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Database, open } from 'lmdb';
import type { LogRecord, TopicSpec } from '../port.ts';
import { checkFile } from './check-file.ts';
import { createGroupTable, type GroupKey, type GroupTable } from './group-table.ts';
import { createGroupCommit, type Transact } from './group-commit.ts';
import { openNewestCommit } from './newest-commit.ts';
import { keyOf, offsetOf, recordKey, timestampOf, unframeRecord } from './record-format.ts';

export interface StoredTopic {
  /** Stands for the name in the keys of its records. */
  readonly id: number;
  readonly partitions: number;
  readonly retentionMs: number;
  /** Most bytes kept in one partition. */
  readonly retentionBytes: number;
  /** A record removes the one before it with its key, and nothing else does. Absent in older logs. */
  readonly compacted?: boolean;
}

export interface PartitionState {
  /** Offset of the oldest record. */
  readonly first: number;
  /** Offset that the next record gets. */
  readonly next: number;
  /** Bytes of the records that are kept, with their headers. */
  readonly bytes: number;
}

/**
 * Topics, records and committed offsets in one LMDB environment. Reading is synchronous and sees the last commit. What
 * changes anything is called inside `write`, which makes one LMDB transaction of it.
 */
export interface Storage {
  /** The file that changes with every commit. */
  readonly file: string;
  /** Who shares which partition. */
  readonly groups: GroupTable;
  topic(name: string): StoredTopic | undefined;
  /** @throws Error when the topic does not exist */
  existing(name: string): StoredTopic;
  /**
   * Every partition of these topics.
   * @throws Error when one does not exist
   */
  partitions(names: readonly string[]): {
    readonly stored: StoredTopic;
    readonly topic: string;
    readonly partition: number;
  }[];
  topicNames(): readonly string[];
  state(topic: StoredTopic, partition: number): PartitionState;
  /**
   * Records from `fromOffset` on (or from the oldest), until one of the limits; at least one if there is one. `more` when
   * a limit ended it.
   */
  read(
    name: string,
    partition: number,
    fromOffset: number,
    limit: { readonly records: number; readonly bytes: number },
  ): { readonly records: readonly LogRecord[]; readonly more: boolean };
  committed(group: string, topic: StoredTopic, partition: number): number | undefined;

  /**
   * A transaction, shared with other works that wait. `work` must check before it changes anything: what it wrote before
   * it throws stays written.
   */
  write<T>(work: () => T): Promise<T>;
  createTopic(spec: TopicSpec): void;
  /** Adds framed records and returns the offset of the first. */
  append(topic: StoredTopic, partition: number, frames: readonly Buffer[]): number;
  commit(group: string, topic: StoredTopic, partition: number, offset: number): void;
  /** Removes the oldest records that retention lets go, in a bounded step; true when there may be more. */
  trim(topic: StoredTopic, partition: number, nowMs: number): boolean;
  /** Whether `trim` would find something, without a transaction. */
  canTrim(topic: StoredTopic, partition: number, nowMs: number): boolean;
  /** Frees pages that a killed reader held. */
  forgetDeadReaders(): void;

  close(): Promise<void>;
}

export interface StorageOptions {
  readonly directory: string;
  /** `power`: a write resolves when the disk has it; `process`: when the kernel has it. */
  readonly durability: 'process' | 'power';
}

// One step of retention: short enough that an append waits a few milliseconds for it at most.
const TRIM_RECORDS = 256;
const TRIM_BYTES = 8 * 2 ** 20;

/** How far one append moves the begin of a compacted partition over what is gone. */
const SKIP_RECORDS = 1_024;

/** A transaction that did not begin at the newest one is put right and tried again; twice in a row is an accident. */
const MOST_ATTEMPTS = 10;

const LOOKS_AT_ONCE = 4;

/** A transaction whose work is done. */
interface Begun {
  readonly transaction: number;
  readonly atNewest: boolean;
  /** Resolves when the disk has it. */
  readonly flushed: Promise<unknown>;
}

const EMPTY: PartitionState = { first: 0, next: 0, bytes: 0 };

type MetaKey =
  [kind: 'topics' | 'topic' | 'partition' | 'group' | 'newest', ...rest: (string | number)[]] | GroupKey;

/**
 * Opens the directory, and creates it when it is missing. The map grows by itself as the file does.
 * @throws Error when the file is damaged in a way that can be seen
 */
export function openStorage({ directory, durability }: StorageOptions): Storage {
  const file = join(directory, 'data.mdb');
  checkFile(file);
  const root = open({
    path: directory,
    noSubdir: false,
    maxDbs: 2,
    // A commit is visible, and safe from the death of this process, before it is on the disk. After a power cut LMDB
    // opens the last commit that the disk has whole.
    overlappingSync: true,
  });
  const meta = root.openDB<unknown, MetaKey>({ name: 'meta', encoding: 'json' });
  const records = root.openDB<Buffer, Buffer>({
    name: 'records',
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const known = new Map<string, StoredTopic>();
  const newestCommit = openNewestCommit(directory);
  const flushes = new Set<Promise<unknown>>();

  /** Runs the work in a transaction that begins where the newest one ended; resolves when readers see it. */
  const transact: Transact = async (work) => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const { transaction, atNewest, flushed } = await begin(work);
      flushes.add(flushed);
      void flushed.catch(nothing).finally(() => flushes.delete(flushed));
      if (!atNewest) {
        await flushed;
        continue;
      }
      await visibleOrFlushed(flushed, () => newestCommit.isVisible(transaction));
      root.resetReadTxn();
      return { flushed };
    }
    throw new Error(`${file}: others change the number of the newest transaction each time it is put right`);
  };

  /** Resolves when the work is done, but for the commit. */
  const begin = (work: () => void): Promise<Begun> =>
    new Promise((resolve, reject) => {
      const flushed = root
        .transaction(() => {
          const transaction = root.getWriteTxnId();
          const atNewest = newestCommit.isBaseOf(transaction);
          if (atNewest) work();
          // lmdb keeps promises of its own for the same commit, which nobody else would hear of when it fails.
          for (const store of [root, meta, records]) void store.committed.then(nothing, nothing);
          resolve({ transaction, atNewest, flushed });
        })
        .catch(throwReason);
      // When it could not begin at all.
      flushed.catch(reject);
    });

  const topic = (name: string): StoredTopic | undefined => {
    const cached = known.get(name);
    if (cached) return cached;
    const stored = meta.get(['topic', name]) as StoredTopic | undefined;
    if (stored) known.set(name, stored);
    return stored;
  };
  const existing = (name: string): StoredTopic => {
    const stored = topic(name);
    if (!stored) throw new Error(`topic ${name} does not exist; create it with ensureTopics`);
    return stored;
  };
  const state = ({ id }: StoredTopic, partition: number): PartitionState =>
    (meta.get(['partition', id, partition]) as PartitionState | undefined) ?? EMPTY;
  const frameAt = (id: number, partition: number, offset: number): Buffer | undefined =>
    records.getBinary(recordKey(id, partition, offset));
  const mayGo = (
    { retentionMs, retentionBytes, compacted }: StoredTopic,
    bytes: number,
    oldest: Buffer | undefined,
    nowMs: number,
  ): boolean =>
    compacted !== true &&
    oldest !== undefined &&
    (bytes > retentionBytes || timestampOf(oldest) < nowMs - retentionMs);

  /** Frames from an offset on; in a compacted topic without those that are gone. */
  function* framesFrom(
    { id, compacted }: StoredTopic,
    partition: number,
    from: number,
    next: number,
  ): Generator<readonly [offset: number, frame: Buffer | undefined]> {
    if (compacted !== true) {
      for (let offset = from; offset < next; offset += 1) yield [offset, frameAt(id, partition, offset)];
      return;
    }
    const range = { start: recordKey(id, partition, from), end: recordKey(id, partition, next) };
    for (const { key, value } of records.getRange(range)) yield [offsetOf(key), value];
  }

  /** Removes the record that has the key of this one; returns how many bytes that frees. */
  const supersede = (id: number, partition: number, frame: Buffer, offset: number): number => {
    const newest: MetaKey = ['newest', id, partition, keyOf(frame)];
    const before = meta.get(newest) as number | undefined;
    void meta.put(newest, offset);
    if (before === undefined) return 0;
    const gone = frameAt(id, partition, before)?.byteLength ?? 0;
    void records.remove(recordKey(id, partition, before));
    return gone;
  };

  const skipGone = (id: number, partition: number, first: number, next: number): number => {
    let at = first;
    while (at < next && at - first < SKIP_RECORDS && !frameAt(id, partition, at)) at += 1;
    return at;
  };

  return {
    file,
    groups: createGroupTable(meta as unknown as Database<unknown, GroupKey>),
    topic,
    existing,
    partitions: (names) =>
      names.flatMap((name) => {
        const stored = existing(name);
        return Array.from({ length: stored.partitions }, (_, partition) => ({
          stored,
          topic: name,
          partition,
        }));
      }),
    topicNames: () => [
      ...meta.getKeys({ start: ['topic'], end: ['topic', HIGHEST] }).map((key) => String(key[1])),
    ],
    state,
    read(name, partition, fromOffset, limit) {
      const stored = topic(name);
      if (!stored) return { records: [], more: false };
      const { first, next } = state(stored, partition);
      const found: LogRecord[] = [];
      let bytes = 0;
      for (const [offset, frame] of framesFrom(stored, partition, Math.max(fromOffset, first), next)) {
        if (found.length >= limit.records) return { records: found, more: true };
        if (!frame) throw new Error(`${name}/${partition}: record ${offset} is missing in ${directory}`);
        const record = unframeRecord(frame, name, partition, offset);
        bytes += record.value.byteLength;
        if (found.length > 0 && bytes > limit.bytes) return { records: found, more: true };
        found.push(record);
      }
      return { records: found, more: false };
    },
    committed: (group, { id }, partition) => meta.get(['group', group, id, partition]) as number | undefined,

    write: createGroupCommit(transact, { awaitFlush: durability === 'power' }),
    createTopic({ name, partitions, retentionMs, retentionBytes, compacted = false }) {
      if (topic(name)) return;
      const id = (meta.get(['topics']) as number | undefined) ?? 0;
      void meta.put(['topics'], id + 1);
      const stored: StoredTopic = { id, partitions, retentionMs, retentionBytes, compacted };
      void meta.put(['topic', name], stored);
    },
    append(stored, partition, frames) {
      const { first, next, bytes } = state(stored, partition);
      let added = 0;
      for (const [index, frame] of frames.entries()) {
        void records.put(recordKey(stored.id, partition, next + index), frame);
        added += frame.byteLength;
        if (stored.compacted === true) added -= supersede(stored.id, partition, frame, next + index);
      }
      void meta.put(['partition', stored.id, partition], {
        first:
          stored.compacted === true ? skipGone(stored.id, partition, first, next + frames.length) : first,
        next: next + frames.length,
        bytes: bytes + added,
      } satisfies PartitionState);
      return next;
    },
    commit: (group, { id }, partition, offset) => void meta.put(['group', group, id, partition], offset),
    trim(stored, partition, nowMs) {
      const { first, next, bytes } = state(stored, partition);
      let oldest = first;
      let kept = bytes;
      while (oldest < next && oldest - first < TRIM_RECORDS && bytes - kept < TRIM_BYTES) {
        const frame = frameAt(stored.id, partition, oldest);
        if (!frame || !mayGo(stored, kept, frame, nowMs)) break;
        void records.remove(recordKey(stored.id, partition, oldest));
        kept -= frame.byteLength;
        oldest += 1;
      }
      if (oldest === first) return false;
      void meta.put(['partition', stored.id, partition], {
        first: oldest,
        next,
        bytes: kept,
      } satisfies PartitionState);
      return oldest < next;
    },
    canTrim(stored, partition, nowMs) {
      const { first, bytes } = state(stored, partition);
      return mayGo(stored, bytes, frameAt(stored.id, partition, first), nowMs);
    },
    forgetDeadReaders: () => void root.readerCheck(),

    async close() {
      await Promise.allSettled([...flushes]);
      await root.close();
      newestCommit.close();
    },
  };
}

const nothing = (): void => undefined;

/**
 * The promise of lmdb resolves when the disk has the transaction. That it is visible before, while the disk is busy, shows
 * in the lock file only, so that is looked at: a few times at once, then every millisecond.
 */
async function visibleOrFlushed(flushed: Promise<unknown>, isVisible: () => boolean): Promise<void> {
  const disk = { hasIt: false };
  const end = flushed.then(() => (disk.hasIt = true));
  // It is heard below or, once readers see the transaction, by whoever waits for the disk.
  end.catch(nothing);
  for (let look = 0; !disk.hasIt && !isVisible(); look += 1) {
    await Promise.race([end, look < LOOKS_AT_ONCE ? setImmediate() : setTimeout(1)]);
  }
}

/** A commit that failed names its reason (a full disk is an input/output error to LMDB) in a promise. */
async function throwReason(error: unknown): Promise<never> {
  await (error as { readonly commitError?: Promise<void> }).commitError;
  throw error;
}

/** Sorts after every name that `checkName` lets pass. */
const HIGHEST = '\uffff';
