import type { EventLog, LogRecord, NewRecord, TopicSpec } from '@fairlead/event-log';
import { DecoderStateEntry, decodeFrames, encodeFrames, FrameError } from '@fairlead/model';
import { createTemplateStore, type TemplateStore } from '@fairlead/netflow';
import { topics } from '@fairlead/topics';

/** What the decoder remembers of each partition of `raw.netflow`, as it was at a place of that partition. */
export interface DecoderMemory {
  /** The memory as the records before this offset have left it. Belongs to the caller until `advance`. */
  at(partition: number, offset: number): Promise<TemplateStore>;
  /**
   * Gives a memory back that has seen everything before this offset.
   * @returns the snapshot to append together with the commit of that offset, when one is due
   */
  advance(partition: number, nextOffset: number, store: TemplateStore): NewRecord[];
  totals(): { readonly templates: number; readonly evictedTemplates: number; readonly waitingSets: number };
}

export interface DecoderMemoryDeps {
  readonly log: EventLog;
  /** Records between two snapshots, and records that are read again where there is none. */
  readonly recordsBetween: number;
  /** Learns from a record again, and emits nothing. */
  readonly replay: (record: LogRecord, store: TemplateStore) => void;
  /** Told of every value of the snapshots that cannot be read. */
  readonly onUnreadable: () => void;
}

/** The decoder's own topic. One partition, so that a snapshot is found wherever its reader runs. */
export const stateTopic: TopicSpec = {
  name: 'fairlead.flow-decoder-state.v1',
  partitions: 1,
  retentionMs: 7 * 86_400_000,
  retentionBytes: 64 * 2 ** 20,
};

const READ_AT_ONCE = 100;
/** A value has to stay under the megabyte that a broker takes. */
const VALUE_BYTES = 524_288;

interface Kept {
  readonly store: TemplateStore;
  readonly nextOffset: number;
}

interface Snapshot {
  readonly nextOffset: number;
  readonly entries: readonly DecoderStateEntry[];
}

/**
 * The memory is a function of the records before an offset. So it goes on where it left off, after a look at what it
 * has not seen (another member of the group had the partition); anywhere else (at the start, after a batch that
 * failed) it is made again, from the newest snapshot before that offset and the records from there on. ADR 0008 has
 * the reasoning.
 */
export function createDecoderMemory({
  log,
  recordsBetween,
  replay,
  onUnreadable,
}: DecoderMemoryDeps): DecoderMemory {
  const keptOf = new Map<number, Kept>();
  const snapshotOffsets = new Map<number, number>();

  async function rebuild(partition: number, offset: number): Promise<TemplateStore> {
    const snapshot = await readSnapshot(partition, offset);
    const store = createTemplateStore({}, snapshot?.entries);
    snapshotOffsets.set(partition, snapshot?.nextOffset ?? -Infinity);
    const from = snapshot?.nextOffset ?? Math.max(0, offset - recordsBetween);
    await learn(partition, from, offset, store);
    return store;
  }

  const learn = (partition: number, from: number, end: number, store: TemplateStore): Promise<void> =>
    forEachRecord(topics.rawNetflow.name, partition, from, end, (record) => replay(record, store));

  async function readSnapshot(partition: number, beforeOffset: number): Promise<Snapshot | undefined> {
    const found = new Map<number, DecoderStateEntry[]>();
    await forEachRecord(stateTopic.name, 0, 0, Infinity, ({ value }) => {
      for (const entry of readEntries(value)) {
        if (entry.partition !== partition || entry.nextOffset > beforeOffset) continue;
        const entries = found.get(entry.nextOffset) ?? [];
        found.set(entry.nextOffset, entries);
        entries.push(entry);
      }
    });
    const newestFirst = [...found].sort(([a], [b]) => b - a);
    for (const [nextOffset, entries] of newestFirst) {
      const wanted = entries.at(-1)?.entries ?? 0;
      // The same offset twice is a log that was read again from an earlier place.
      if (wanted > 0 && entries.length % wanted === 0) return { nextOffset, entries: entries.slice(-wanted) };
    }
    return undefined;
  }

  function readEntries(value: Uint8Array): DecoderStateEntry[] {
    try {
      return decodeFrames(DecoderStateEntry, value);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      onUnreadable();
      return [];
    }
  }

  async function forEachRecord(
    topic: string,
    partition: number,
    from: number,
    end: number,
    work: (record: LogRecord) => void,
  ): Promise<void> {
    const info = (await log.partitions(topic)).find((entry) => entry.partition === partition);
    if (!info) return;
    const last = Math.min(end, info.nextOffset);
    for (let offset = Math.max(from, info.firstOffset); offset < last;) {
      const records = await log.read(topic, partition, offset, Math.min(READ_AT_ONCE, last - offset));
      for (const record of records) if (record.offset < last) work(record);
      offset = (records.at(-1)?.offset ?? last) + 1;
    }
  }

  return {
    async at(partition, offset) {
      // A batch that fails half way must not find what it did to the memory: it gets it back by `advance` only.
      const kept = keptOf.get(partition);
      keptOf.delete(partition);
      const missed = offset - (kept?.nextOffset ?? Infinity);
      if (!kept || missed < 0 || missed > recordsBetween) return rebuild(partition, offset);
      if (missed > 0) await learn(partition, kept.nextOffset, offset, kept.store);
      return kept.store;
    },
    advance(partition, nextOffset, store) {
      const snapshotOffset = snapshotOffsets.get(partition) ?? -Infinity;
      const isDue = nextOffset - snapshotOffset >= recordsBetween;
      if (isDue) snapshotOffsets.set(partition, nextOffset);
      keptOf.set(partition, { store, nextOffset });
      return isDue ? snapshotRecords(partition, nextOffset, store.entries()) : [];
    },
    totals() {
      const stores = [...keptOf.values()].map(({ store }) => store);
      const sum = (count: (store: TemplateStore) => number): number =>
        stores.reduce((total, store) => total + count(store), 0);
      return {
        templates: sum(({ size }) => size.templates),
        waitingSets: sum(({ size }) => size.waitingSets),
        evictedTemplates: sum(({ evictedTemplates }) => evictedTemplates),
      };
    },
  };
}

const nothingKnown: DecoderStateEntry = DecoderStateEntry.decode(new Uint8Array());

function snapshotRecords(
  partition: number,
  nextOffset: number,
  known: readonly DecoderStateEntry[],
): NewRecord[] {
  const all = known.length > 0 ? known : [nothingKnown];
  const values: DecoderStateEntry[][] = [];
  let bytes = Infinity;
  for (const entry of all) {
    const value = values.at(-1);
    const entryBytes = (entry.waiting?.content.length ?? 0) + (entry.template?.fields.length ?? 0) * 5 + 64;
    bytes += entryBytes;
    if (value && bytes <= VALUE_BYTES) value.push(entry);
    else {
      values.push([entry]);
      bytes = entryBytes;
    }
  }
  return values.map((entries) => ({
    topic: stateTopic.name,
    key: `${partition}`,
    value: encodeFrames(
      DecoderStateEntry,
      entries.map((entry) => ({ ...entry, partition, nextOffset, entries: all.length })),
    ),
  }));
}
