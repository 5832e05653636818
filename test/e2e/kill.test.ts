import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { createEmbeddedLog, type LogRecord } from '@fairlead/event-log';
import { countFrames, decodeFrames, RawDatagram } from '@fairlead/model';
import { createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { createChdbStore } from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { netflow5 } from './support/netflow5.ts';
import { askStore, type FairleadProcess, startFairlead, untilRunning } from './support/fairlead-process.ts';

const ROUNDS = 20;
const STORED = {
  flows: topics.flows,
  syslog: topics.syslog,
  counters: topics.counters,
  wan_utilisation: topics.wanUtilisation,
  wan_events: topics.wanEvents,
  decisions: topics.decisions,
  actuations: topics.actuations,
  router_state: topics.routerState,
};

interface Range {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

describe('kill -9 of the embedded pipeline', { timeout: 420_000 }, () => {
  const folder = temporaryFolder();
  const dataDirectory = join(folder.path, 'data');
  const exporter = createSocket('udp4');
  let exporting: NodeJS.Timeout;
  let netflowPort = 0;
  const startDemo = (): FairleadProcess =>
    startFairlead([
      ...['demo', '--data-directory', dataDirectory, '--port', '0', '--store-port', '0'],
      ...['--netflow-port', String(netflowPort), '--syslog-port', '0'],
    ]);

  beforeAll(async () => {
    netflowPort = await freeUdpPort();
    const datagram = netflow5('192.0.2.10', '198.51.100.20', 4_321);
    exporting = setInterval(() => {
      for (let i = 0; i < 10; i += 1) exporter.send(datagram, netflowPort, '127.0.0.1');
    }, 20);
  });

  afterAll(() => {
    clearInterval(exporting);
    exporter.close();
    folder.remove();
  });

  it(`loses no record of the log and stores none twice, at ${ROUNDS} random moments`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const demo = startDemo();
      // Some rounds die while still starting, which is a moment like any other.
      if (round % 4 !== 3) await untilRunning(dataDirectory, demo);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_500));
      expect(await demo.stop('SIGKILL')).toBe('SIGKILL');
    }

    const demo = startDemo();
    const { storeUrl } = await untilRunning(dataDirectory, demo);
    const before = await askStore<{ n: string }>(storeUrl, 'SELECT count() AS n FROM counters');
    await until(
      'new samples are stored',
      async () =>
        Number((await askStore<{ n: string }>(storeUrl, 'SELECT count() AS n FROM counters'))[0]?.n) >
        Number(before[0]?.n) + 5,
    );
    expect(await demo.stop('SIGINT')).toBe(0);

    const log = await createEmbeddedLog({ directory: join(dataDirectory, 'log') });
    const store = await createChdbStore({ directory: join(dataDirectory, 'store') });
    try {
      for (const [table, topic] of Object.entries(STORED)) {
        const { body } = await store.query(
          `SELECT log_partition AS partition, toUInt32(log_first_offset) AS first, toUInt32(log_last_offset) AS last, toUInt32(count()) AS rows FROM ${table} GROUP BY ALL ORDER BY partition, first`,
          'JSONEachRow',
        );
        const ranges = new TextDecoder()
          .decode(body)
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Range);
        for (const { partition } of await log.partitions(topic.name)) {
          const committed = (await log.committed('clickhouse-writer', topic.name)).get(partition) ?? 0;
          const own = ranges.filter((range) => range.partition === partition);
          let expected = 0;
          for (const range of own) {
            expect(range.first, `${table}/${partition}: gap or overlap`).toBe(expected);
            const records = await readAll(log, topic.name, partition, range.first, range.last + 1);
            const inLog = records.reduce((sum, { value }) => sum + countFrames(value), 0);
            expect(range.rows, `${table}/${partition} ${range.first}-${range.last}`).toBe(inLog);
            expected = range.last + 1;
          }
          expect(expected, `${table}/${partition}: stored up to the commit`).toBe(committed);
        }
      }
      expect(await countRows(store, 'flows')).toBeGreaterThan(0);
      expect(await decodeAgain(log)).toBe(await countFlowsInLog(log));
    } finally {
      await store.close();
      await log.close();
    }
  });
});

type Log = Awaited<ReturnType<typeof createEmbeddedLog>>;

/** Every record from `first` up to `next`; one `read` is bounded. */
async function readAll(
  log: Log,
  topic: string,
  partition: number,
  first: number,
  next: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (first + records.length < next) {
    const more = await log.read(topic, partition, first + records.length, next - first - records.length);
    if (more.length === 0)
      throw new Error(`${topic}/${partition} ends at ${first + records.length}, not at ${next}`);
    records.push(...more);
  }
  return records;
}

async function countRows(store: Awaited<ReturnType<typeof createChdbStore>>, table: string): Promise<number> {
  const { body } = await store.query(`SELECT count() FROM ${table}`, 'TabSeparated');
  return Number(new TextDecoder().decode(body));
}

async function countFlowsInLog(log: Log): Promise<number> {
  let flows = 0;
  for (const { partition, firstOffset, nextOffset } of await log.partitions(topics.flows.name)) {
    const records = await readAll(log, topics.flows.name, partition, firstOffset, nextOffset);
    flows += records.reduce((sum, { value }) => sum + countFrames(value), 0);
  }
  return flows;
}

/** How many flows the raw datagrams up to the decoder's commit hold. */
async function decodeAgain(log: Log): Promise<number> {
  const committed = await log.committed('flow-decoder', topics.rawNetflow.name);
  const templates = createTemplateStore();
  let flows = 0;
  for (const { partition, firstOffset } of await log.partitions(topics.rawNetflow.name)) {
    const records = await readAll(
      log,
      topics.rawNetflow.name,
      partition,
      firstOffset,
      committed.get(partition) ?? 0,
    );
    for (const { value } of records) {
      for (const { timeMs, exporter, router, payload } of decodeFrames(RawDatagram, value)) {
        flows += decodeNetflow(payload, { timeMs, exporter, router, templates }).flows.length;
      }
    }
  }
  return flows;
}
