import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventLog, LogRecord } from '../port.ts';
import { createEmbeddedLog } from './embedded-log.ts';

const PARTITIONS = 4;
/** Some for each partition. */
const KEYS = Array.from({ length: 24 }, (_, n) => `gw${n}`);

describe('a group of several processes', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let log: EventLog;
  let appended = 0;
  const children: ChildProcess[] = [];
  /** Every copy in the order in which it came. */
  const copies: { number: number; pid: number; partition: number }[] = [];

  const start = async (): Promise<ChildProcess> => {
    const script = fileURLToPath(import.meta.resolve('./shared-group.child.ts'));
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };
  const append = async (): Promise<void> => {
    const records = KEYS.map((key) => {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(appended);
      appended += 1;
      return { topic: 'in', key, value };
    });
    await log.append(records);
  };
  /** Appends until the partitions of the next copies are read by these processes, each by one. */
  const untilReadBy = (...readers: ChildProcess[]): Promise<true> =>
    until(
      'a share for each',
      async () => {
        await append();
        const latest = new Map(copies.map(({ partition, pid }) => [partition, pid]));
        return (
          copies.length > 0 &&
          latest.size === PARTITIONS &&
          readers.every(({ pid }) => [...latest.values()].includes(pid ?? 0)) &&
          [...latest.values()].every((pid) => readers.some((reader) => reader.pid === pid))
        );
      },
      { everyMs: 50 },
    ).then(() => true);
  const untilAllCopied = (): Promise<boolean> => until('every copy', () => copies.length >= appended);
  const expectEachOnce = async (): Promise<void> => {
    await untilAllCopied();
    expect(copies.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: appended }, (_, number) => number),
    );
  };

  /** A process that is stopped in a commit holds the lock of the file (ADR 0004), so it goes on and is stopped again. */
  const stopBetweenCommits = async (child: ChildProcess): Promise<void> => {
    for (;;) {
      child.kill('SIGSTOP');
      const appending = append().then(() => true);
      const isFree = await Promise.race([appending, setTimeout(2_000, false)]);
      if (isFree) return;
      child.kill('SIGCONT');
      await appending;
    }
  };

  beforeEach(async () => {
    folder = temporaryFolder();
    log = await createEmbeddedLog({ directory: folder.path });
    appended = 0;
    copies.length = 0;
    const spec = { partitions: PARTITIONS, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
    await log.ensureTopics([
      { name: 'in', ...spec },
      { name: 'out', ...spec },
    ]);
    await log.subscribe({
      topics: ['out'],
      startAt: 'earliest',
      onBatch: async ({ records, partition }) => {
        for (const record of records) copies.push({ ...readCopy(record), partition });
      },
    });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await log.close();
    folder.remove();
  });

  it('shares the partitions, gives them back, and does each record once', async () => {
    const first = await start();
    await untilReadBy(first);
    const second = await start();
    await untilReadBy(first, second);
    first.kill('SIGTERM');
    await once(first, 'exit');
    await untilReadBy(second);
    await expectEachOnce();
  });

  it('takes over from one that is killed', async () => {
    const [first, second] = [await start(), await start()];
    await untilReadBy(first, second);
    first.kill('SIGKILL');
    await untilReadBy(second);
    const third = await start();
    await untilReadBy(second, third);
    await expectEachOnce();
  });

  it('takes over from one that is stopped, which commits nothing when it goes on', async () => {
    const [first, second] = [await start(), await start()];
    await untilReadBy(first, second);
    await stopBetweenCommits(first);
    await untilReadBy(second);
    first.kill('SIGCONT');
    await untilReadBy(first, second);
    await expectEachOnce();
  });
});

function readCopy({ value }: LogRecord): { number: number; pid: number } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { number: bytes.readUInt32BE(0), pid: bytes.readUInt32BE(4) };
}
