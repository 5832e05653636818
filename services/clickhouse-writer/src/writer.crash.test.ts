import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import { decodeFrames, Flow, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { createChdbStore } from '@fairlead/telemetry-store';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { expect, it } from 'vitest';
import { createClickhouseWriter } from './writer.ts';

const ROUNDS = Number(process.env['FAIRLEAD_CRASH_ROUNDS'] ?? 5);
const CHILD = join(import.meta.dirname, 'testing/crash-child.ts');

it(
  'neither loses nor doubles a flow when it is killed while inserting',
  { timeout: 20_000 * ROUNDS },
  async () => {
    const folder = temporaryFolder('fairlead-crash-');
    try {
      const acknowledged: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const from = round * 1_000_000;
        const to = await runAndKill(folder.path, from);
        acknowledged.push(...Array.from({ length: to - from }, (_, i) => from + i + 1));
      }

      const log = await createEmbeddedLog({ directory: join(folder.path, 'log') });
      const store = await createChdbStore({ directory: join(folder.path, 'store') });
      const telemetry = createTelemetry({ level: 'silent' });
      const config = { maxRows: 1_000, maxBytes: 65_536, maxAgeMs: 10 };
      const writer = createClickhouseWriter(config, { log, store, clock: systemClock, telemetry });
      await writer.start();
      await until('everything is committed', () => isCommitted(log));
      await writer.stop();

      const { body } = await store.query('SELECT bytes FROM flows ORDER BY bytes');
      const stored = new TextDecoder().decode(body).trim().split('\n').map(Number);
      const logged = await readNumbers(log);
      const inLog = new Set(logged);
      await store.close();
      await log.close();

      expect(acknowledged.length).toBeGreaterThan(ROUNDS);
      expect(acknowledged.filter((number) => !inLog.has(number))).toEqual([]);
      expect(stored).toEqual(logged);
    } finally {
      folder.remove();
    }
  },
);

/** Lets the child work for a random time, then kills it; gives the last number it acknowledged. */
async function runAndKill(directory: string, from: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, directory, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the child works', () => said.includes('\n') || child.exitCode !== null);
  await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 800));
  child.kill('SIGKILL');
  await exited;
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
}

async function isCommitted(log: EventLog): Promise<boolean> {
  const committed = await log.committed('clickhouse-writer', topics.flows.name);
  const partitions = await log.partitions(topics.flows.name);
  return partitions.every(({ partition, nextOffset }) => (committed.get(partition) ?? 0) === nextOffset);
}

async function readNumbers(log: EventLog): Promise<number[]> {
  const numbers: number[] = [];
  for (const { partition, firstOffset, nextOffset } of await log.partitions(topics.flows.name)) {
    const records = await log.read(topics.flows.name, partition, firstOffset, nextOffset - firstOffset);
    numbers.push(...records.flatMap(({ value }) => decodeFrames(Flow, value)).map(({ bytes }) => bytes));
  }
  return numbers.sort((a, b) => a - b);
}
