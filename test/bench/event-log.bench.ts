/**
 * The event log, embedded and (where KAFKA_BROKERS names a broker) in Kafka: how fast it takes values of 64 KiB, and how
 * long a record takes from `append` to the `onBatch` of a group in the same process. The peer of the first is a plain
 * file on the same disk; the peer of the second is the same log with `durability: 'power'`.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbeddedLog, createKafkaLog, type EventLog } from '@fairlead/event-log';
import { report } from './support/report.ts';

const VALUE = Buffer.alloc(65_536, 7);
const VALUES = 8_192;
/** Appends under way together, each of so many values: what collectors with full buffers do. */
const APPENDS_AT_ONCE = 4;
const VALUES_AT_ONCE = 16;
const SAMPLES = 500;

const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
const spec = { partitions: 4, retentionMs: 3_600_000, retentionBytes: 2 ** 32 };
const run = Date.now().toString(36);

try {
  const fileMbps = await rateOfFile(join(folder, 'file'));
  await measureAppends('embedded', () => createEmbeddedLog({ directory: join(folder, 'rate') }), fileMbps);
  const power = await latencies(
    await createEmbeddedLog({ directory: join(folder, 'power'), durability: 'power' }),
  );
  reportLatency(
    'embedded',
    await latencies(await createEmbeddedLog({ directory: join(folder, 'process') })),
    power,
  );
  const brokers = process.env['KAFKA_BROKERS']?.split(',');
  if (brokers) {
    const openLog = (): Promise<EventLog> => createKafkaLog({ brokers, clientId: 'bench' });
    await measureAppends('kafka', openLog, fileMbps);
    reportLatency('kafka', await latencies(await openLog()), power);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measureAppends(
  name: string,
  openLog: () => Promise<EventLog>,
  fileMbps: number,
): Promise<void> {
  const log = await openLog();
  const topic = `bench.rate.${run}`;
  await log.ensureTopics([{ name: topic, ...spec }]);
  let key = 0;
  const value = await rateOf(
    async (values) => {
      await log.append(
        Array.from({ length: values }, () => ({ topic, key: `gw${(key += 1) % 50}`, value: VALUE })),
      );
    },
    () => log.close(),
  );
  report([
    { name: `event-log append, ${name}`, value, unit: 'MB/s', peer: 'plain file', peerValue: fileMbps },
  ]);
}

/** Megabytes per second of a writer of values, until they are on the disk. */
async function rateOf(
  write: (values: number) => Promise<void>,
  finish: () => Promise<void>,
): Promise<number> {
  const started = performance.now();
  let written = 0;
  await Promise.all(
    Array.from({ length: APPENDS_AT_ONCE }, async () => {
      while (written < VALUES) {
        written += VALUES_AT_ONCE;
        await write(VALUES_AT_ONCE);
      }
    }),
  );
  await finish();
  return (written * VALUE.byteLength) / 1e6 / ((performance.now() - started) / 1_000);
}

async function rateOfFile(path: string): Promise<number> {
  const file = await open(path, 'w');
  try {
    return await rateOf(
      async (values) => {
        await file.writev(Array.from({ length: values }, () => VALUE));
      },
      () => file.datasync(),
    );
  } finally {
    await file.close();
  }
}

/** Milliseconds from `append` to `onBatch`, in ascending order, of records that come one at a time. */
async function latencies(log: EventLog): Promise<number[]> {
  const topic = `bench.latency.${run}`;
  await log.ensureTopics([{ name: topic, ...spec }]);
  const found: number[] = [];
  await log.subscribe({
    topics: [topic],
    group: `bench.${run}`,
    startAt: 'earliest',
    onBatch: async ({ records }) => {
      for (const { value } of records) found.push(performance.now() - Buffer.from(value).readDoubleBE());
    },
  });
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const value = Buffer.alloc(4_096);
    value.writeDoubleBE(performance.now());
    await log.append([{ topic, key: `gw${sample % 50}`, value }]);
    await sleep(5);
  }
  while (found.length < SAMPLES) await sleep(5);
  await log.close();
  return found.sort((a, b) => a - b);
}

function reportLatency(name: string, ours: readonly number[], power: readonly number[]): void {
  for (const percentile of [50, 99]) {
    const at = Math.floor((SAMPLES * percentile) / 100);
    report([
      {
        name: `event-log append to onBatch p${percentile}, ${name}`,
        value: ours[at] ?? NaN,
        unit: 'ms',
        peer: "embedded, durability 'power'",
        peerValue: power[at] ?? NaN,
      },
    ]);
  }
}
