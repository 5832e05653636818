import { mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { AppendError, createEmbeddedLog, type EventLog, type NewRecord } from '@fairlead/event-log';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSpooledLog, type SpooledLogOptions } from './spooled-log.ts';

const TOPIC = { name: 'numbers', partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
/** One frame of one byte. */
const numbered = (number: number): NewRecord => ({
  topic: TOPIC.name,
  key: 'k',
  value: Buffer.of(1, number),
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** An append that is taken never is late, however busy the machine. */
const LONG_MS = 60_000;
const SHORT_MS = 50;

/** What an append to the log behind does: takes it, refuses it, or takes it when told. */
type Mood = 'takes' | 'refuses' | 'holds' | 'never';

let folder: ReturnType<typeof temporaryFolder>;
let telemetry: Telemetry;
let behind: EventLog;
let log: EventLog;
let mood: Mood;
let held: ((mood: 'takes' | 'refuses') => void)[];
let opens: boolean;

beforeEach(async () => {
  folder = temporaryFolder();
  telemetry = createTelemetry({ level: 'silent' });
  behind = await createEmbeddedLog({ directory: `${folder.path}/log` });
  mood = 'takes';
  held = [];
  opens = true;
});
afterEach(async () => {
  for (const answer of held) answer('refuses');
  await log.close();
  await behind.close();
  folder.remove();
});

async function openLog(options: Partial<SpooledLogOptions> = {}): Promise<void> {
  log = await createSpooledLog({
    directory: `${folder.path}/spool`,
    service: 'collector',
    maxBytes: 2 ** 20,
    drop: 'oldest',
    afterMs: LONG_MS,
    telemetry,
    open: async () => {
      if (!opens) throw new Error('no broker answers');
      return { ...behind, append: appendInMood, close: async () => undefined };
    },
    ...options,
  });
  await log.ensureTopics([TOPIC]);
}

async function appendInMood(records: readonly NewRecord[]): ReturnType<EventLog['append']> {
  const now = mood === 'holds' ? await new Promise<Mood>((resolve) => held.push(resolve)) : mood;
  if (now === 'never') throw new AppendError('too large', { isPermanent: true });
  if (now === 'refuses') throw new AppendError('no broker answers');
  return behind.append(records);
}

const append = async (from: number, to: number): Promise<void> => {
  for (const number of range(from, to)) await log.append([numbered(number)]);
};
const stored = async (): Promise<number[]> =>
  (await behind.read(TOPIC.name, 0, 0, 1_000)).map(({ value }) => Buffer.from(value).readUInt8(1));
const untilStored = (numbers: readonly number[]): Promise<unknown> =>
  until('what is stored', async () => (await stored()).length >= numbers.length).then(async () =>
    expect(await stored()).toEqual(numbers),
  );
const books = () => readLedger(telemetry.registry, 'collector', 'spooled');

describe('a log with a spool before it', () => {
  it('hands on what the log behind takes, and puts nothing on the disk', async () => {
    await openLog();
    expect(await log.append([numbered(0)])).toEqual([{ topic: TOPIC.name, partition: 0, offset: 0 }]);
    expect((await books()).received).toBe(0);
  });

  it('keeps what the log behind refuses, and what comes then, in order, and delivers it once', async () => {
    await openLog();
    await append(0, 2);
    mood = 'refuses';
    await append(2, 20);
    expect(await stored()).toEqual([0, 1]);
    expect(telemetry.health().healthy).toBe(false);
    mood = 'takes';
    await append(20, 25);
    await untilStored(range(0, 25));
    await until('well again', () => telemetry.health().healthy);
    await append(25, 27);
    expect(await stored()).toEqual(range(0, 27));
    expect(await books()).toEqual({ received: 23, decoded: 0, stored: 23, dropped: {} });
  });

  it('does not wait for an append that takes long, nor delivers it again when it was taken', async () => {
    await openLog({ afterMs: SHORT_MS });
    mood = 'holds';
    await append(0, 10);
    expect(held).toHaveLength(1);
    expect(await stored()).toEqual([]);
    mood = 'takes';
    held.splice(0).forEach((answer) => answer('takes'));
    await untilStored(range(0, 10));
    expect(await books()).toMatchObject({ received: 10, stored: 10, dropped: {} });
  });

  it('delivers an append that took long and failed in the end', async () => {
    await openLog({ afterMs: SHORT_MS });
    mood = 'holds';
    await append(0, 10);
    mood = 'takes';
    held.splice(0).forEach((answer) => answer('refuses'));
    await untilStored(range(0, 10));
  });

  it('does not look at memory that the caller uses again', async () => {
    await openLog({ afterMs: SHORT_MS });
    mood = 'holds';
    const value = Buffer.of(1, 0);
    await log.append([{ topic: TOPIC.name, key: 'k', value }]);
    value.writeUInt8(99, 1);
    mood = 'takes';
    held.splice(0).forEach((answer) => answer('takes'));
    await untilStored([0]);
  });

  it('starts without the log behind, and finds it later', async () => {
    opens = false;
    const starting = openLog();
    await until('it tries', () => !telemetry.health().healthy);
    opens = true;
    await starting;
    await append(0, 3);
    await untilStored([0, 1, 2]);
  });

  it('subscribes without keeping anybody while the log behind is away, and begins when it is there', async () => {
    opens = false;
    await openLog();
    const seen: number[] = [];
    const subscription = await log.subscribe({
      topics: [TOPIC.name],
      startAt: 'earliest',
      onBatch: async ({ records }) => {
        for (const { value } of records) seen.push(Buffer.from(value).readUInt8(1));
      },
    });
    await append(0, 3);
    opens = true;
    await until('what came meanwhile is seen', () => seen.length === 3);
    await subscription.stop();
    await append(3, 5);
    await untilStored(range(0, 5));
    expect(seen).toEqual([0, 1, 2]);
  });

  it('goes on when the disk did not take how far it is, and notes it later', async () => {
    mkdirSync(`${folder.path}/spool/position`, { recursive: true });
    await openLog();
    mood = 'refuses';
    await append(0, 5);
    mood = 'takes';
    await until('a part is delivered', async () => (await stored()).length > 0);
    rmSync(`${folder.path}/spool/position`, { recursive: true });
    await untilStored(range(0, 5));
    await until('the spool is empty', () => telemetry.health().healthy);
    expect(await books()).toMatchObject({ received: 5, stored: 5, dropped: {} });
  });

  it('delivers what an earlier process left', async () => {
    await openLog();
    mood = 'refuses';
    await append(0, 5);
    await log.close();
    mood = 'takes';
    telemetry = createTelemetry({ level: 'silent' });
    await openLog();
    await untilStored([0, 1, 2, 3, 4]);
    await until('the books', async () => (await books()).stored === 5);
    expect(await books()).toMatchObject({ received: 5, dropped: {} });
  });

  it('counts what of it is gone, in books that balance', async () => {
    await openLog();
    mood = 'refuses';
    await append(0, 5);
    await log.close();
    const file = `${folder.path}/spool/${readdirSync(`${folder.path}/spool`).find((name) => name.endsWith('.spool'))}`;
    truncateSync(file, statSync(file).size - 3);
    mood = 'takes';
    telemetry = createTelemetry({ level: 'silent' });
    await openLog();
    await untilStored([0, 1, 2, 3]);
    await until('the books', async () => (await books()).stored === 4);
    expect(await books()).toMatchObject({ received: 5, dropped: { 'cut-off': 1 } });
  });

  it('gives up, and counts, what the log behind will never take', async () => {
    await openLog();
    mood = 'refuses';
    await append(0, 3);
    mood = 'never';
    await until('the books', async () => (await books()).dropped['refused'] === 3);
    mood = 'takes';
    await append(3, 5);
    await untilStored([3, 4]);
  });

  it('leaves it to the caller when neither the log nor the disk takes it', async () => {
    await openLog({ maxBytes: 30, drop: 'newest' });
    mood = 'refuses';
    await append(0, 1);
    await expect(append(1, 2)).rejects.toThrow(AppendError);
    mood = 'takes';
    await untilStored([0]);
    await append(2, 3);
    await untilStored([0, 2]);
  });
});
