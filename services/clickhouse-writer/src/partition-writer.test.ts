import type { LogRecord } from '@fairlead/event-log';
import { encodeFrames, WanEvent } from '@fairlead/model';
import {
  type StoreBatch,
  StoreError,
  type StoredRange,
  type TelemetryStore,
} from '@fairlead/telemetry-store';
import { describe, expect, it } from 'vitest';
import { createPartitionWriter, type PartitionWriter, type Result } from './partition-writer.ts';

const TOPIC = 'fairlead.wan-events.v1';

const event = (id: string): WanEvent => ({
  id,
  timeMs: 1,
  site: '',
  router: '',
  wan: '',
  kind: 'mark-changed',
  severity: 1,
  message: '',
  value: undefined,
  limit: undefined,
});

/** A log record with one row for each id. */
const record = (offset: number, ...ids: string[]): LogRecord => ({
  topic: TOPIC,
  partition: 0,
  offset,
  key: 'gw',
  value: encodeFrames(WanEvent, ids.map(event)),
  timestampMs: 1_000 + offset,
});

/** A store that notes what it is given and does as it is told. */
function fakeStore(stored: readonly StoredRange[] = []) {
  const batches: StoreBatch[] = [];
  const asked: number[] = [];
  const claimed: number[] = [];
  let fault: ((batch: StoreBatch) => StoreError | undefined) | undefined;
  const store: Pick<TelemetryStore, 'claim' | 'insert' | 'storedRanges'> = {
    claim: async () => void claimed.push(asked.length),
    insert: async (batch) => {
      const error = fault?.(batch);
      if (error) throw error;
      batches.push(batch);
    },
    storedRanges: async (_topic, _partition, fromOffset) => {
      asked.push(fromOffset);
      return stored.filter(({ lastOffset }) => lastOffset >= fromOffset);
    },
  };
  return {
    store: store as TelemetryStore,
    asked,
    /** For each claim: how often the store had been asked before it. */
    claimed,
    failWith: (next: typeof fault) => (fault = next),
    /** `first-last`, with a mark for an uncertain one. */
    inserted: () => batches.map((b) => `${b.firstOffset}-${b.lastOffset}${b.uncertain === true ? '?' : ''}`),
  };
}

function writerOn(
  records: readonly LogRecord[],
  { store }: { readonly store: TelemetryStore },
  maxRows = 100,
) {
  let nowMs = 0;
  const log = {
    read: async (_topic: string, _partition: number, from: number, limit: number) =>
      records.filter(({ offset }) => offset >= from).slice(0, Math.min(limit, 2)),
  };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const writer = createPartitionWriter({ topic: TOPIC, partition: 0, maxRows }, { log, store, clock });
  return { writer, pass: (ms: number) => (nowMs += ms) };
}

/** Writes and tells what became of each offset. */
async function write(
  writer: PartitionWriter,
  records: readonly LogRecord[],
  tenure?: number,
): Promise<string[]> {
  const results: Result[] = [];
  await writer.write(records, (result) => results.push(result), tenure);
  return results.flatMap(({ kind, records: some }) =>
    some.map(({ record: { offset } }) => `${offset} ${kind}`),
  );
}

const range = (firstOffset: number, lastOffset: number, rows: number): StoredRange => ({
  firstOffset,
  lastOffset,
  firstTimestampMs: 1_000 + firstOffset,
  rows,
});

const four = [record(0, 'a'), record(1, 'b', 'c'), record(2, 'd'), record(3, 'e')];
const badData = new StoreError('bad', { code: 117, retriable: false });
const away = new StoreError('away', { code: 210, retriable: true });

describe('a partition writer', () => {
  it('asks the store once, and then trusts batches that follow closely', async () => {
    const fake = fakeStore();
    const { writer, pass } = writerOn(four, fake);
    expect(await write(writer, four.slice(0, 2))).toEqual(['0 stored', '1 stored']);
    await write(writer, four.slice(2, 3));
    pass(6_000);
    await write(writer, four.slice(3));
    await write(writer, four.slice(2));
    expect(fake.asked).toEqual([0, 3, 2]);
    expect(fake.inserted()).toEqual(['0-1?', '2-2', '3-3?', '2-3?']);
    // What is only late is still ours, unless the store says otherwise.
    expect(fake.claimed).toEqual([0, 2]);
  });

  it('asks again when another member may have had the partition', async () => {
    const fake = fakeStore();
    const { writer } = writerOn(four, fake);
    await write(writer, four.slice(0, 1), 1);
    await write(writer, four.slice(1, 2), 1);
    await write(writer, four.slice(2), 3);
    expect(fake.asked).toEqual([0, 2]);
    expect(fake.claimed).toEqual([0, 1]);
    expect(fake.inserted()).toEqual(['0-0?', '1-1', '2-3?']);
  });

  it('skips what a crash left as a whole, and doubts the tokens behind it', async () => {
    const fake = fakeStore([range(0, 1, 3)]);
    const { writer } = writerOn(four, fake);
    expect(await write(writer, four)).toEqual(['0 duplicate', '1 duplicate', '2 stored', '3 stored']);
    expect(fake.inserted()).toEqual(['2-3?']);
  });

  it('completes what a crash left by half as the same batch', async () => {
    const fake = fakeStore([range(0, 2, 1)]);
    const { writer } = writerOn(four, fake);
    // The batch after the crash ends elsewhere than the one before it.
    expect(await write(writer, four.slice(0, 2))).toEqual(['0 duplicate', '1 duplicate']);
    expect(await write(writer, four.slice(2))).toEqual(['2 duplicate', '3 stored']);
    expect(fake.inserted()).toEqual(['0-2?', '3-3?']);
  });

  it('does not take rows of an older log for its own', async () => {
    const fake = fakeStore([{ ...range(0, 3, 5), firstTimestampMs: 7 }]);
    const { writer } = writerOn(four, fake);
    expect(await write(writer, four)).toEqual(['0 stored', '1 stored', '2 stored', '3 stored']);
  });

  it('takes what retention has cut off for stored', async () => {
    const kept = four.slice(2);
    const { writer } = writerOn(kept, fakeStore([range(0, 2, 4)]));
    expect(await write(writer, kept)).toEqual(['2 duplicate', '3 stored']);
  });

  it('asks again after the store was away', async () => {
    const fake = fakeStore();
    const { writer } = writerOn(four, fake);
    fake.failWith(() => away);
    await expect(write(writer, four)).rejects.toBe(away);
    fake.failWith(undefined);
    await write(writer, four);
    expect(fake.asked).toEqual([0, 0]);
    expect(fake.claimed).toEqual([0, 1]);
    expect(fake.inserted()).toEqual(['0-3?']);
  });

  it('cuts a batch into inserts of so many rows, at records', async () => {
    const fake = fakeStore();
    const { writer } = writerOn(four, fake, 3);
    await write(writer, [...four, record(4, 'f', 'g', 'h', 'i'), record(5, 'j')]);
    expect(fake.inserted()).toEqual(['0-1?', '2-3', '4-4', '5-5']);
  });

  it('finds the record that the store rejects and stores the others', async () => {
    const fake = fakeStore();
    fake.failWith(({ firstOffset, lastOffset }) =>
      firstOffset <= 1 && 1 <= lastOffset ? badData : undefined,
    );
    const { writer } = writerOn(four, fake);
    expect(await write(writer, four)).toEqual(['0 stored', '1 dead-letter', '2 stored', '3 stored']);
    expect(fake.inserted()).toEqual(['0-0?', '2-3']);
  });

  it('keeps a record with broken lengths away from the store, also on the way back', async () => {
    const broken = { ...record(1), value: Uint8Array.of(0x7f, 1) };
    const records = [record(0, 'a'), broken, record(2, 'd')];
    const fake = fakeStore();
    expect(await write(writerOn(records, fake).writer, records)).toEqual([
      '0 stored',
      '1 dead-letter',
      '2 stored',
    ]);
    expect(fake.inserted()).toEqual(['0-0?', '2-2']);
    const after = fakeStore([range(0, 0, 1), range(2, 2, 1)]);
    expect(await write(writerOn(records, after).writer, records)).toEqual([
      '0 duplicate',
      '1 dead-letter',
      '2 duplicate',
    ]);
  });
});
