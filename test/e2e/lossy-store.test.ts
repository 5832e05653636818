import { join } from 'node:path';
import { createClickhouseWriter, clickhouseWriterConfigSchema } from '@fairlead/clickhouse-writer';
import { createEmbeddedLog } from '@fairlead/event-log';
import { addressToBytes, encodeFrames, Flow, Secret, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { createClickhouseStore } from '@fairlead/telemetry-store';
import { startClickhouseStandIn } from '@fairlead/telemetry-store/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, expect, it } from 'vitest';
import { type ProxyFault, startFaultyProxy } from '../chaos/support/faulty-proxy.ts';
import { askStore } from './support/fairlead-process.ts';

const folder = temporaryFolder('fairlead-lossy-');
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  folder.remove();
});

const DAY_MS = 86_400_000;
const ROUNDS: readonly ProxyFault[] = ['error-after', 'cut-after', 'error-after', 'cut-after'];
const FLOWS_OF_A_ROUND = 30;

/** `bytes` numbers the flows; their times lie on three days, so an insert has three parts. */
const flow = (number: number): Flow => ({
  ...Flow.decode(new Uint8Array()),
  timeMs: Date.now() - (number % 3) * DAY_MS,
  exporter: addressToBytes('192.0.2.1'),
  srcAddress: addressToBytes('192.0.2.1'),
  dstAddress: addressToBytes('192.0.2.1'),
  bytes: number,
});

it('a store whose answers are lost after its work has each record once', async () => {
  const inserts: string[] = [];
  const server = await startClickhouseStandIn({
    directory: join(folder.path, 'store'),
    onRequest: (url) => {
      if (url.searchParams.get('query')?.includes('flows') === true) inserts.push(url.search);
    },
  });
  ends.push(() => server.close());
  const proxy = await startFaultyProxy(() => server.url);
  ends.push(() => proxy.close());
  const log = await createEmbeddedLog({ directory: join(folder.path, 'log') });
  ends.push(() => log.close());
  await log.ensureTopics(Object.values(topics));
  const store = createClickhouseStore({
    ...{ url: proxy.url, user: 'default', database: 'fairlead' },
    password: new Secret(''),
  });
  ends.push(() => store.close());
  const telemetry = createTelemetry({ level: 'silent' });
  const writer = createClickhouseWriter(clickhouseWriterConfigSchema.parse({ maxAgeMs: 0 }), {
    ...{ log, store, clock: systemClock, telemetry },
  });
  await writer.start();
  ends.push(() => writer.stop());

  const storedRows = async (): Promise<number> => {
    const [row] = await askStore<{ n: string }>(server.url, 'SELECT count() AS n FROM fairlead.flows');
    return Number(row?.n);
  };
  let appended = 0;
  for (const fault of ROUNDS) {
    proxy.set(fault);
    const before = proxy.met.get(fault) ?? 0;
    for (let i = 0; i < FLOWS_OF_A_ROUND; i += 10) {
      const flows = Array.from({ length: 10 }, () => flow((appended += 1)));
      await log.append([{ topic: topics.flows.name, key: 'gw', value: encodeFrames(Flow, flows) }]);
    }
    // An answer to an insert is lost, and then the answer to the question what is stored.
    await until('answers are lost', () => (proxy.met.get(fault) ?? 0) >= before + 2);
    proxy.set('none');
    await until('all of it is stored', async () => (await storedRows()) >= appended);
    await until('it is well again', () => telemetry.health().healthy);
  }
  const numbers = await askStore<{ bytes: string; times: string }>(
    server.url,
    'SELECT bytes, count() AS times FROM fairlead.flows GROUP BY bytes ORDER BY bytes',
  );
  expect(numbers.map(({ bytes, times }) => [Number(bytes), Number(times)])).toEqual(
    Array.from({ length: appended }, (_, index) => [index + 1, 1]),
  );
  expect(inserts.length).toBeGreaterThan(ROUNDS.length);
});
