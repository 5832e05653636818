import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventLog } from '../port.ts';
import { createEmbeddedLog } from './embedded-log.ts';

const spec = { partitions: 3, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };

describe('a directory that another process has open', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let log: EventLog;
  const startWriter = () =>
    spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(import.meta.resolve('./kill.child.ts')), folder.path],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );

  beforeEach(async () => {
    folder = temporaryFolder();
    log = await createEmbeddedLog({ directory: folder.path, pollMs: 20 });
    await log.ensureTopics([
      { name: 'in', ...spec },
      { name: 'mine', ...spec },
    ]);
  });
  afterEach(async () => {
    await log.close();
    folder.remove();
  });

  it('can be written and read by both, and goes on when the other is killed', async () => {
    const numbers: number[] = [];
    await log.subscribe({
      topics: ['in'],
      startAt: 'earliest',
      onBatch: async ({ records }) => {
        for (const { value } of records) numbers.push(Buffer.from(value).readUInt32BE());
      },
    });
    const writer = startWriter();
    let acknowledged = -1;
    writer.stdout.on('data', (text: Buffer) => {
      acknowledged = Number(text.toString().trimEnd().split('\n').at(-1));
    });
    const mine = { topic: 'mine', key: 'a', value: new Uint8Array(65_536) };
    let appended = 0;
    // Both write tens of megabytes: each has to follow as the other makes the file grow.
    await until(
      'the other has written',
      async () => {
        await log.append([mine, mine, mine, mine]);
        appended += 4;
        return acknowledged >= 1_000;
      },
      { everyMs: 1 },
    );
    writer.kill('SIGKILL');
    await once(writer, 'exit');

    await log.append([mine]);
    await until('what the other had acknowledged', () => numbers.length > acknowledged);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index));
    const ends = (await log.partitions('mine')).map(({ nextOffset }) => nextOffset);
    expect(Math.max(...ends)).toBe(appended + 1);
  });

  it('does a batch of a group once, whoever of the two is faster', async () => {
    const copies: number[] = [];
    await log.ensureTopics([{ name: 'out', ...spec, partitions: 2 }]);
    const subscription = await log.subscribe({
      topics: ['in'],
      group: 'copy',
      startAt: 'earliest',
      maxBatchBytes: 100_000,
      onBatch: async ({ records }) => records.map(({ key, value }) => ({ topic: 'out', key, value })),
    });
    await log.subscribe({
      topics: ['out'],
      startAt: 'earliest',
      onBatch: async ({ records }) => {
        for (const { value } of records) copies.push(Buffer.from(value).readUInt32BE());
      },
    });
    const writer = startWriter();
    await until('copies', () => copies.length > 300);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    await subscription.stop();
    expect(new Set(copies).size).toBe(copies.length);
  });
});
