import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import {
  CounterSource,
  decodeFrames,
  type InterfaceCounters,
  type Inventory,
  inventorySchema,
  systemClock,
  type WanEvent,
  fixedInventory,
} from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { openTableAgent, type TableAgent, type TableRow } from '@fairlead/snmp/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { type Topic, topics } from '@fairlead/topics';
import { afterEach, describe, expect, it } from 'vitest';
import { snmpCollectorConfigSchema } from './config.ts';
import { createSnmpCollector } from './snmp-collector.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const X_TABLE = '1.3.6.1.2.1.31.1.1.1';
const mib = (rxBytes: bigint): TableRow[] => [
  { oid: '1.3.6.1.2.1.1.3.0', tag: 67, value: 4_242n },
  { oid: '1.3.6.1.2.1.2.2.1.8.7', tag: 2, value: 1n },
  { oid: `${X_TABLE}.1.7`, tag: 4, value: Buffer.from('ether1') },
  { oid: `${X_TABLE}.6.7`, tag: 70, value: rxBytes },
  { oid: `${X_TABLE}.10.7`, tag: 70, value: 2n ** 60n },
  { oid: `${X_TABLE}.15.7`, tag: 66, value: 1_000n },
  { oid: `${X_TABLE}.18.7`, tag: 4, value: Buffer.from('fibre') },
];

async function agent(rows = mib(1n)): Promise<TableAgent> {
  const made = await openTableAgent(rows);
  opened.push(made.close);
  return made;
}

/** Routers at these ports, polled far faster than the configuration would allow. */
function inventory(ports: Readonly<Record<string, number>>, wans = ['ether1']): Inventory {
  const routers = Object.entries(ports).map(([name, port]) => ({
    name,
    site: 'depot',
    address: '127.0.0.1',
    snmp: { port, community: 'public' },
    wans: wans.map((wan) => ({
      name: wan,
      interface: wan,
      capacity: { rx: '1G', tx: '1G' },
      routingMark: wan,
    })),
  }));
  return inventorySchema
    .parse(routers)
    .map((router) =>
      router.snmp ? { ...router, snmp: { ...router.snmp, intervalMs: 250, timeoutMs: 250 } } : router,
    );
}

interface Running {
  readonly telemetry: Telemetry;
  counters(): Promise<InterfaceCounters[]>;
  events(): Promise<WanEvent[]>;
  stop(): Promise<void>;
}

async function collect(
  routers: Inventory,
  wrap: (log: EventLog) => EventLog = (log) => log,
): Promise<Running> {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const telemetry = createTelemetry({ level: 'silent' });
  const config = snmpCollectorConfigSchema.parse({ retries: 0 });
  const deps = { log: wrap(log), inventory: fixedInventory(routers), clock: systemClock, telemetry };
  const collector = createSnmpCollector({ ...config, maxBackoffMs: 100 }, deps);
  opened.push(
    folder.remove,
    () => log.close(),
    () => collector.stop(),
  );
  await collector.start();
  const readAll = async <T>(topic: Topic<T>): Promise<T[]> => {
    const partitions = await log.partitions(topic.name);
    const records = await Promise.all(
      partitions.map(({ partition }) => log.read(topic.name, partition, 0, 10_000)),
    );
    return records.flat().flatMap(({ value }) => decodeFrames(topic.codec, value));
  };
  return {
    telemetry,
    counters: () => readAll(topics.counters),
    events: () => readAll(topics.wanEvents),
    stop: () => collector.stop(),
  };
}

describe('snmp-collector', () => {
  it('stores what a router reports of its WANs, again and again', async () => {
    const router = await agent();
    const { counters } = await collect(inventory({ gw1: router.port }));
    const [first] = await until('three samples', async () => {
      const stored = await counters();
      return stored.length >= 3 && stored;
    });
    expect(first).toEqual({
      timeMs: expect.any(Number) as number,
      router: 'gw1',
      source: CounterSource.SNMP,
      interface: 'ether1',
      ifIndex: 7,
      deviceUptimeMs: 42_420n,
      rxBytes: 1n,
      txBytes: 2n ** 60n,
      running: true,
      speedBps: 10n ** 9n,
      alias: 'fibre',
    });
  });

  it('lets no router wait for one that is down, and says once that it is down and once that it is back', async () => {
    const [down, up] = [await agent(), await agent()];
    down.silent = true;
    const { counters, events } = await collect(inventory({ down: down.port, up: up.port }));
    await until('the other is polled', async () => (await counters()).length >= 4);
    await until('three attempts', () => down.requests.length >= 3);
    await until('an event', async () => (await events()).some(({ router }) => router === 'down'));
    const ofDown = async () => (await events()).filter(({ router }) => router === 'down');
    expect((await ofDown()).map(({ router, kind, message }) => [router, kind, message])).toEqual([
      ['down', 'router-unreachable', expect.stringContaining('SNMP poll failed: no answer')],
    ]);
    down.silent = false;
    await until('a sample of it', async () => (await counters()).some(({ router }) => router === 'down'));
    await until('the event', async () => (await ofDown()).length === 2);
    expect((await ofDown())[1]).toMatchObject({
      router: 'down',
      kind: 'router-reachable',
      wan: '',
      site: 'depot',
    });
  });

  it('stores the WANs that are there when another is not', async () => {
    const { port } = await agent();
    const { counters } = await collect(inventory({ gw1: port }, ['ether1', 'lte1']));
    await until('two samples', async () => (await counters()).length >= 2);
    expect(new Set((await counters()).map((sample) => sample.interface))).toEqual(new Set(['ether1']));
  });

  it('keeps its books: received = stored + dropped', async () => {
    const { port } = await agent();
    let appends = 0;
    const failing = (log: EventLog): EventLog => ({
      ...log,
      append(records) {
        appends += 1;
        return appends % 2 === 0 ? Promise.reject(new Error('disk full')) : log.append(records);
      },
    });
    const { telemetry, counters, stop } = await collect(inventory({ gw1: port }), failing);
    await until('some samples of both kinds', () => appends >= 6);
    await stop();
    const { received, stored, dropped } = await readLedger(telemetry.registry, 'snmp-collector', 'samples');
    expect(Object.keys(dropped)).toEqual(['append-failed']);
    expect(dropped['append-failed']).toBeGreaterThanOrEqual(3);
    expect(received).toBe(stored + (dropped['append-failed'] ?? 0));
    expect(await counters()).toHaveLength(stored);
    // Only what was stored is timed.
    expect(await telemetry.registry.metrics()).toContain(`fairlead_snmp_poll_seconds_count ${stored}\n`);
  });

  it('stops in the middle of a poll, twice if need be', async () => {
    const silent = await agent();
    silent.silent = true;
    const slow = inventory({ gw1: silent.port }).map((router) =>
      router.snmp ? { ...router, snmp: { ...router.snmp, timeoutMs: 60_000 } } : router,
    );
    const { stop, events } = await collect(slow);
    await until('a question', () => silent.requests.length > 0);
    await stop();
    await stop();
    expect(await events()).toEqual([]);
  });
});
