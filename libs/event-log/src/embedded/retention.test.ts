import { statSync } from 'node:fs';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventLog, PartitionInfo } from '../port.ts';
import { createEmbeddedLog } from './embedded-log.ts';

describe('retention of the embedded log', () => {
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  let nowMs: number;
  let folder: ReturnType<typeof temporaryFolder>;
  let log: EventLog;

  beforeEach(async () => {
    nowMs = 1_000_000;
    folder = temporaryFolder();
    log = await createEmbeddedLog({ directory: folder.path, clock, retentionIntervalMs: 10 });
  });
  afterEach(async () => {
    await log.close();
    folder.remove();
  });

  const append = async (topic: string, count: number, bytes = 100): Promise<void> => {
    await log.append(
      Array.from({ length: count }, () => ({ topic, key: 'a', value: new Uint8Array(bytes) })),
    );
  };
  const whenFirstIs = (topic: string, firstOffset: number): Promise<PartitionInfo> =>
    until(`first offset ${firstOffset}`, async () =>
      (await log.partitions(topic)).find((info) => info.firstOffset === firstOffset),
    );

  it('lets the oldest go when they are too old', async () => {
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 1_000, retentionBytes: 2 ** 30 }]);
    await append('t', 3);
    nowMs += 900;
    await append('t', 2);
    nowMs += 200;
    expect(await whenFirstIs('t', 3)).toMatchObject({ nextOffset: 5 });
    expect((await log.read('t', 0, 0, 10)).map(({ offset }) => offset)).toEqual([3, 4]);
  });

  it('lets the oldest go when they are too many bytes, in more steps than one', async () => {
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 60_000, retentionBytes: 10_000 }]);
    await append('t', 1_000);
    await until('less', async () => (await log.read('t', 0, 0, 1_000)).length <= 100);
    const kept = await log.read('t', 0, 0, 1_000);
    expect(kept.length).toBeGreaterThan(80);
    expect(kept.at(-1)?.offset).toBe(999);
  });

  it('gives new records the offsets that follow, also when none is left', async () => {
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 1_000, retentionBytes: 2 ** 30 }]);
    await append('t', 3);
    nowMs += 2_000;
    await whenFirstIs('t', 3);
    await append('t', 1);
    expect(await log.read('t', 0, 0, 10)).toMatchObject([{ offset: 3 }]);
  });

  it('brings a slow group to the oldest that is kept', async () => {
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 1_000, retentionBytes: 2 ** 30 }]);
    await append('t', 3);
    nowMs += 2_000;
    await whenFirstIs('t', 3);
    await append('t', 2);
    const seen: number[] = [];
    await log.subscribe({
      topics: ['t'],
      group: 'slow',
      startAt: 'earliest',
      onBatch: async ({ records }) => void seen.push(...records.map(({ offset }) => offset)),
    });
    await until('the rest', () => seen.length === 2);
    expect(seen).toEqual([3, 4]);
  });

  it('uses the room of what it let go', async () => {
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 60_000, retentionBytes: 2 * 2 ** 20 }]);
    for (let round = 0; round < 40; round += 1) {
      await append('t', 16, 65_536);
      await until('room', async () => (await log.read('t', 0, 0, 100)).length <= 32);
    }
    // 40 MiB went through a topic of 2 MiB.
    expect(statSync(`${folder.path}/data.mdb`).size).toBeLessThan(16 * 2 ** 20);
  });

  it('of a compacted topic is the newest of each key, however old and many they are', async () => {
    await log.ensureTopics([
      { name: 't', partitions: 1, retentionMs: 1_000, retentionBytes: 100, compacted: true },
    ]);
    const put = (key: string, count: number) =>
      log.append(Array.from({ length: count }, () => ({ topic: 't', key, value: new Uint8Array(100) })));
    await put('a', 3);
    await put('b', 500);
    nowMs += 60_000;
    await put('b', 1);
    expect((await log.read('t', 0, 0, 10)).map(({ offset }) => offset)).toEqual([2, 503]);
    await put('a', 1);
    expect(await log.partitions('t')).toMatchObject([{ firstOffset: 503, nextOffset: 505 }]);
    expect((await log.read('t', 0, 0, 1)).map(({ key, offset }) => [key, offset])).toEqual([['b', 503]]);
  });
});
