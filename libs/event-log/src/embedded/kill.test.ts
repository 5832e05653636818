import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import type { EventLog, LogRecord } from '../port.ts';
import { createEmbeddedLog } from './embedded-log.ts';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 5);
const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('kill -9', () => {
  it(
    `loses nothing acknowledged, and parts no outputs from their commit, in ${ROUNDS} rounds`,
    async () => {
      let acknowledged = -1;
      for (let round = 0; round < ROUNDS; round += 1) {
        const log = await createEmbeddedLog({ directory: folder.path });
        const next = round === 0 ? 0 : (await numbersOf(log, 'in')).length;
        await log.close();
        acknowledged = Math.max(acknowledged, await runUntilKilled(next));
        await expectWhole(acknowledged);
      }
    },
    20_000 + ROUNDS * 5_000,
  );
});

/** Lets the child append from a number on, kills it at a random moment, and returns the last number that it knew safe. */
async function runUntilKilled(first: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.resolve('./kill.child.ts')), folder.path, String(first)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await Promise.race([once(child.stdout, 'data'), exited]);
  await sleep(Math.random() * 200);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
  return Number(said.trimEnd().split('\n').at(-1));
}

/** Every acknowledged number is there once; the copies are those of the records before the group's offsets. */
async function expectWhole(acknowledged: number): Promise<void> {
  const log = await createEmbeddedLog({ directory: folder.path });
  try {
    const numbers = await numbersOf(log, 'in');
    expect(numbers.length).toBeGreaterThan(acknowledged);
    expect(numbers).toEqual(numbers.map((_, index) => index));

    const committed = await log.committed('copy', 'in');
    const done = (await recordsOf(log, 'in')).filter(
      ({ partition, offset }) => offset < (committed.get(partition) ?? 0),
    );
    expect(await numbersOf(log, 'out')).toEqual(sortedNumbers(done));
  } finally {
    await log.close();
  }
}

const numbersOf = async (log: EventLog, topic: string): Promise<number[]> =>
  sortedNumbers(await recordsOf(log, topic));

const sortedNumbers = (records: readonly LogRecord[]): number[] =>
  records
    .map(({ value }) => Buffer.from(value.buffer, value.byteOffset).readUInt32BE())
    .sort((a, b) => a - b);

/** All records of a topic; their offsets must be dense. */
async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, nextOffset } of await log.partitions(topic)) {
    for (let offset = 0; offset < nextOffset;) {
      const records = await log.read(topic, partition, offset, 1_000);
      expect(records.map((record) => record.offset)).toEqual(records.map((_, index) => offset + index));
      offset += records.length;
      all.push(...records);
    }
  }
  return all;
}
