import { join } from 'node:path';
import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import {
  addressToBytes,
  countFrames,
  DeadLetter,
  decodeFrames,
  encodeFrames,
  Flow,
  systemClock,
  WanEvent,
} from '@fairlead/model';
import { type Component, createTelemetry, type Telemetry } from '@fairlead/runtime';
import { type StoreBatch, StoreError, type TelemetryStore } from '@fairlead/telemetry-store';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clickhouseWriterConfigSchema } from './config.ts';
import { createClickhouseWriter } from './writer.ts';

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let telemetry: Telemetry;
let writer: Component;
/** What the store has taken. */
let batches: StoreBatch[];
/** What happens when the schema is brought up to date. */
let migrate: () => Promise<void>;
/** What the store does with a batch before it takes it. */
let fault: (batch: StoreBatch) => StoreError | undefined;

beforeEach(async () => {
  folder = temporaryFolder('fairlead-writer-');
  log = await createEmbeddedLog({ directory: join(folder.path, 'log') });
  await log.ensureTopics(Object.values(topics));
  telemetry = createTelemetry({ level: 'silent' });
  batches = [];
  fault = () => undefined;
  migrate = async () => undefined;
  const store: Pick<TelemetryStore, 'claim' | 'insert' | 'storedRanges' | 'migrate'> = {
    migrate: () => migrate(),
    claim: async () => undefined,
    insert: async (batch) => {
      const error = fault(batch);
      if (error) throw error;
      batches.push(batch);
    },
    storedRanges: async () => [],
  };
  const config = clickhouseWriterConfigSchema.parse({ maxAgeMs: 0 });
  writer = createClickhouseWriter(config, {
    log,
    store: store as TelemetryStore,
    clock: systemClock,
    telemetry,
  });
});

afterEach(async () => {
  await writer.stop();
  await log.close();
  folder.remove();
});

const flow = { ...Flow.decode(new Uint8Array(0)), exporter: addressToBytes('192.0.2.1') };

async function append(topic: { readonly name: string }, value: Uint8Array, key = 'gw'): Promise<void> {
  await log.append([{ topic: topic.name, key, value }]);
}

const storedRows = (topic: { readonly name: string }): number =>
  batches
    .filter((batch) => batch.topic === topic.name)
    .flatMap(({ values }) => values)
    .reduce((sum, value) => sum + countFrames(value), 0);

/** The books: `received 5`, `stored 4`, `dropped dead-letter 1`. */
async function books(): Promise<Record<string, number>> {
  const lines = (await telemetry.registry.metrics()).split('\n');
  return Object.fromEntries(
    lines
      .map((line) => /^fairlead_(\w+)_total\{.*?(?:reason="([\w-]+)")?\} (\d+)$/.exec(line))
      .flatMap((match) => (match ? [[match[2] ?? match[1] ?? '', Number(match[3])]] : [])),
  );
}

async function readAll<T>(
  topic: (typeof topics)[keyof typeof topics],
  decode: (value: Uint8Array) => T[],
): Promise<T[]> {
  const partitions = await log.partitions(topic.name);
  const records = await Promise.all(
    partitions.map(({ partition }) => log.read(topic.name, partition, 0, 100)),
  );
  return records.flat().flatMap(({ value }) => decode(value));
}

it('stores every topic that has a table, and leaves the others alone', async () => {
  const withoutTable: readonly unknown[] = [topics.rawNetflow, topics.wanState];
  const storedTopics = Object.values(topics).filter((topic) => !withoutTable.includes(topic));
  for (const topic of Object.values(topics)) await append(topic, Uint8Array.of(0, 0));
  await writer.start();
  await until('all of them are stored', () => batches.length === storedTopics.length);
  expect(new Set(batches.map(({ topic }) => topic))).toEqual(new Set(storedTopics.map(({ name }) => name)));
  const rows = 2 * storedTopics.length;
  await until('the books say so', async () => (await books())['stored'] === rows);
  expect(await books()).toEqual({ received: rows, stored: rows });
  expect(telemetry.health()).toMatchObject({ healthy: true });
});

it('goes on where it stopped', async () => {
  await append(topics.flows, encodeFrames(Flow, [flow]));
  await writer.start();
  await until('the first is stored', () => storedRows(topics.flows) === 1);
  await writer.stop();
  await append(topics.flows, encodeFrames(Flow, [flow, flow]));
  await writer.start();
  await until('the others are stored', () => storedRows(topics.flows) === 3);
  expect(batches.map(({ firstOffset }) => firstOffset)).toEqual([0, 1]);
});

it('waits for a store that is away, and says so', async () => {
  fault = () => new StoreError('no connection', { code: 210, retriable: true });
  await append(topics.flows, encodeFrames(Flow, [flow, flow]));
  await writer.start();
  await until('it is not well', () => !telemetry.health().healthy);
  expect(telemetry.health().parts['clickhouse-writer']).toContain('no connection');

  fault = () => undefined;
  await until('it is well again', () => telemetry.health().healthy);
  await until('the flows are stored', () => storedRows(topics.flows) === 2);
  const kinds = async (): Promise<string[]> =>
    (await readAll(topics.wanEvents, (value) => decodeFrames(WanEvent, value))).map(({ kind }) => kind);
  await until('both events are out', async () => (await kinds()).includes('store-back'));
  expect((await kinds()).slice(0, 2)).toEqual(['store-away', 'store-back']);
  await until('the books are closed', async () => (await books())['stored'] === 4);
  expect(await books()).toEqual({ received: 4, stored: 4 });
});

it('starts without its store, and says so until that is there', async () => {
  let attempts = 0;
  migrate = async () => {
    attempts += 1;
    if (attempts < 3) throw new StoreError('no connection', { code: 210, retriable: true });
  };
  await append(topics.flows, encodeFrames(Flow, [flow]));
  await writer.start();
  expect(attempts).toBe(1);
  expect(telemetry.health().parts['clickhouse-writer']).toContain('no connection');
  expect(batches).toEqual([]);

  await until('the flow is stored', () => storedRows(topics.flows) === 1);
  await until('it is well', () => telemetry.health().healthy);
  const kinds = async (): Promise<string[]> =>
    (await readAll(topics.wanEvents, (value) => decodeFrames(WanEvent, value))).map(({ kind }) => kind);
  await until('the store is back', async () => (await kinds()).length > 1);
  expect(await kinds()).toEqual(['store-away', 'store-back']);
  expect(attempts).toBe(3);
});

it('keeps nobody waiting while its store does not answer, and stops without it', async () => {
  let giveUp = (): void => undefined;
  migrate = () => new Promise((_, reject) => (giveUp = () => reject(new Error('closed'))));
  await writer.start();
  expect(telemetry.health().parts['clickhouse-writer']).toContain('prepared');
  await writer.stop();
  giveUp();
  await append(topics.flows, encodeFrames(Flow, [flow]));
  expect(telemetry.health().parts['clickhouse-writer']).toContain('prepared');
  expect(batches).toEqual([]);
});

it('moves a record that cannot be stored to the dead letters, and stores its neighbours', async () => {
  const poison = encodeFrames(Flow, [{ ...flow, router: 'poison' }, flow]);
  const isPoison = ({ values }: StoreBatch): boolean =>
    values.some((value) => Buffer.from(value).equals(poison));
  fault = (batch) =>
    batch.topic === topics.flows.name && isPoison(batch)
      ? new StoreError('not a flow', { code: 117, retriable: false })
      : undefined;
  for (const value of [encodeFrames(Flow, [flow]), poison, Uint8Array.of(9, 1), encodeFrames(Flow, [flow])]) {
    await append(topics.flows, value);
  }
  await writer.start();
  await until('the letters are stored, too', () => storedRows(topics.deadLetter) === 2);

  const letters = await readAll(topics.deadLetter, (value) => decodeFrames(DeadLetter, value));
  expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual([
    [1, 'not a flow'],
    [2, 'broken record batch after 0 messages'],
  ]);
  expect(Buffer.from(letters[0]?.value ?? [])).toEqual(Buffer.from(poison));
  expect(storedRows(topics.flows)).toBe(2);
  await until('the books are closed', async () => (await books())['stored'] === 4);
  expect(await books()).toEqual({ received: 7, stored: 4, 'dead-letter': 3 });
});

it('writes no letter about a letter', async () => {
  fault = () => new StoreError('never', { code: 117, retriable: false });
  await append(topics.deadLetter, Uint8Array.of(0));
  await writer.start();
  await until('it is let go', async () => (await books())['dead-letter'] === 1);
  await until('it is committed', async () =>
    [...(await log.committed('clickhouse-writer', topics.deadLetter.name)).values()].includes(1),
  );
  expect(await readAll(topics.deadLetter, (value) => [value])).toHaveLength(1);
});
