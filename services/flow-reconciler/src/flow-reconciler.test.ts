import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import { createFlowEnricher } from '@fairlead/flow-enrichment';
import {
  addressToBytes,
  type Clock,
  decodeFrames,
  encodeFrames,
  type Flow,
  type Inventory,
  inventorySchema,
  RateClock,
  RouterState,
  type WanReconciliation,
  type WanUtilisation,
  fixedInventory,
} from '@fairlead/model';
import { createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { createRouterSim, steadyLoad } from '@fairlead/router-sim';
import { type Component, createTelemetry, type Telemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFlowReconciler, flowReconcilerConfigSchema } from './index.ts';

const BOOT_MS = 1_700_000_040_000;
const MINUTES = 12;
const ACTIVE_TIMEOUT_MS = 30_000;
const INACTIVE_TIMEOUT_MS = 15_000;
const clock: Clock = { nowMs: () => BOOT_MS, monotonicMs: () => 0 };

const inventory: Inventory = inventorySchema.parse([
  {
    name: 'gw1',
    site: 'site',
    address: '127.0.0.1',
    snmp: { community: 'c' },
    wans: [
      { name: 'ISP1', interface: 'ether1', capacity: { rx: '50M', tx: '20M' }, routingMark: 'a' },
      { name: 'ISP2', interface: 'ether2', capacity: { rx: '20M', tx: '5M' }, routingMark: 'b' },
    ],
  },
]);

interface Traffic {
  readonly flows: readonly Flow[];
  readonly samples: readonly WanUtilisation[];
}

/** What a simulated router exports and counts in some minutes of virtual time, decoded and enriched. */
async function simulate(): Promise<Traffic> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sim = createRouterSim({
    wans:
      inventory[0]?.wans.map((wan, i) => ({
        ...wan,
        capacity: { rxBps: wan.capacity.rx, txBps: wan.capacity.tx },
        gateway: `198.51.100.${1 + 4 * i}`,
      })) ?? [],
    users: [],
    load: steadyLoad(4e6),
    time: 'virtual',
    tickMs: 500,
    clock,
    netflow: {
      host: '127.0.0.1',
      port: socket.address().port,
      version: 9,
      activeTimeoutMs: ACTIVE_TIMEOUT_MS,
      inactiveTimeoutMs: INACTIVE_TIMEOUT_MS,
    },
  });
  const enricher = createFlowEnricher(inventory);
  enricher.learn({
    ...RouterState.decode(new Uint8Array()),
    router: 'gw1',
    interfaces: sim.kernel.interfaces().map(({ name, index }) => ({
      name,
      ifIndex: index,
      type: '',
      running: true,
      disabled: false,
      comment: undefined,
    })),
  });
  const templates = createTemplateStore();
  const context = { exporter: addressToBytes('127.0.0.1'), router: 'gw1', templates };
  const flows: Flow[] = [];
  const samples: WanUtilisation[] = [];
  let timeMs = BOOT_MS;
  let unknown = 0;
  socket.on('message', (datagram) => {
    const decoded = decodeNetflow(datagram, { ...context, timeMs });
    unknown += enricher.enrich(decoded.flows);
    flows.push(...decoded.flows);
  });
  await sim.start();
  for (let second = 1; second <= MINUTES * 60; second += 1) {
    const before = new Map(
      sim.kernel.interfaces().map(({ name, rxBytes, txBytes }) => [name, { rxBytes, txBytes }]),
    );
    sim.advance(1_000);
    timeMs = BOOT_MS + second * 1_000;
    for (const { name, rxBytes, txBytes } of sim.kernel.interfaces()) {
      const wan = inventory[0]?.wans.find((candidate) => candidate.interface === name);
      const last = before.get(name);
      if (wan && last) {
        samples.push(
          toSample(timeMs, wan.name, Number(rxBytes - last.rxBytes), Number(txBytes - last.txBytes)),
        );
      }
    }
    await setImmediate();
    await setImmediate();
  }
  await sim.stop();
  socket.close();
  expect(unknown).toBe(0);
  return { flows, samples };
}

const toSample = (timeMs: number, wan: string, rxBytes: number, txBytes: number): WanUtilisation => ({
  timeMs,
  site: 'site',
  router: 'gw1',
  wan,
  interface: '',
  rxBps: rxBytes * 8,
  txBps: txBytes * 8,
  rxUtil: 0,
  txUtil: 0,
  intervalMs: 1_000,
  clock: RateClock.DEVICE,
  active: undefined,
  running: undefined,
});

let traffic: Traffic;
let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let telemetry: Telemetry;
let reconciler: Component;

beforeAll(async () => {
  traffic = await simulate();
});

beforeEach(async () => {
  folder = temporaryFolder();
  log = await createEmbeddedLog({ directory: folder.path });
  telemetry = createTelemetry({ level: 'silent' });
  const config = flowReconcilerConfigSchema.parse({
    activeTimeoutMs: ACTIVE_TIMEOUT_MS,
    slackMs: INACTIVE_TIMEOUT_MS + 5_000,
    minimumBps: 50_000,
    minutes: 3,
  });
  reconciler = createFlowReconciler(config, { log, inventory: fixedInventory(inventory), clock, telemetry });
  await reconciler.start();
});

afterEach(async () => {
  await reconciler.stop();
  await log.close();
  folder.remove();
});

const ledger = (unit: string) => readLedger(telemetry.registry, 'flow-reconciler', unit);

/** Appends flows, then counters, each behind the other, and waits until both are worked on. */
async function replay(flows: readonly Flow[], samples = traffic.samples): Promise<void> {
  const append = async <T>(
    topic: { name: string; codec: Parameters<typeof encodeFrames<T>>[0] },
    all: readonly T[],
  ) => {
    for (let at = 0; at < all.length; at += 1_000) {
      const value = encodeFrames(topic.codec, all.slice(at, at + 1_000));
      await log.append([{ topic: topic.name, key: 'gw1', value }]);
    }
  };
  await append(topics.flows, flows);
  await until('the flows', async () => (await ledger('flows')).received === flows.length);
  await append(topics.wanUtilisation, samples);
  await until('the counters', async () => (await ledger('samples')).decoded === samples.length);
}

async function ratios(): Promise<Record<string, number>> {
  const metric = await telemetry.registry.getSingleMetric('fairlead_flow_counter_ratio')?.get();
  return Object.fromEntries(
    metric?.values.map(({ labels, value }) => [`${labels['wan']} ${labels['direction']}`, value]) ?? [],
  );
}

async function events(): Promise<string[]> {
  const { name, codec } = topics.wanEvents;
  const partitions = await log.partitions(name);
  const records = await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 100)));
  return records
    .flat()
    .flatMap(({ value }) => decodeFrames(codec, value))
    .map(({ id }) => id.replace(/\d+$/, (timeMs) => String((Number(timeMs) - BOOT_MS) / 60_000)));
}

async function minutes(): Promise<WanReconciliation[]> {
  const { name, codec } = topics.wanReconciliation;
  const partitions = await log.partitions(name);
  const records = await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 1_000)));
  return records.flat().flatMap(({ value }) => decodeFrames(codec, value));
}

describe('the flow reconciler', () => {
  it('finds that the flows of a router agree with its counters', async () => {
    await replay(traffic.flows);
    const found = await ratios();
    expect(Object.keys(found).sort()).toEqual(['ISP1 in', 'ISP1 out']);
    for (const ratio of Object.values(found)) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    expect(await events()).toEqual([]);
    const compared = await minutes();
    expect(compared.length).toBeGreaterThan(8);
    expect(await ledger('minutes')).toMatchObject({ received: compared.length, stored: compared.length });
    for (const { timeMs, site, router, flowBytes, counterBytes, ratio } of compared) {
      expect([timeMs % 60_000, site, router]).toEqual([0, 'site', 'gw1']);
      expect(Math.abs(flowBytes / counterBytes - ratio)).toBeLessThan(1e-6);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.3);
    }
    expect(new Set(compared.map(({ wan, direction }) => `${wan} ${direction}`))).toEqual(
      new Set(['ISP1 in', 'ISP1 out']),
    );
    const { received, decoded, dropped } = await ledger('flows');
    expect(received).toBe(decoded + Object.values(dropped).reduce((sum, count) => sum + count, 0));
    expect(dropped['late'] ?? 0).toBe(0);
  });

  it('tells that an exporter watches both sides', async () => {
    await replay(traffic.flows.flatMap((flow) => [flow, flow]));
    expect((await ratios())['ISP1 in']).toBeGreaterThan(1.9);
    expect(await events()).toEqual([
      'gw1/ISP1/flows-above-counters-in/2',
      'gw1/ISP1/flows-above-counters-out/2',
    ]);
  });

  it('tells that flows are missing, and that they are back', async () => {
    const isGone = ({ timeMs, direction }: Flow): boolean =>
      direction === 1 && timeMs > BOOT_MS + 3 * 60_000 && timeMs < BOOT_MS + 6 * 60_000;
    await replay(traffic.flows.filter((flow) => !isGone(flow)));
    const told = (await events()).map((id) => id.replace(/\/\d+$/, ''));
    expect(told).toEqual(['gw1/ISP1/flows-missing-in', 'gw1/ISP1/flows-reconciled-in']);
  });

  it('goes on behind what it cannot read', async () => {
    await log.append([
      { topic: topics.flows.name, key: 'gw1', value: Uint8Array.of(200, 1) },
      { topic: topics.wanUtilisation.name, key: 'gw1', value: Uint8Array.of(200, 1) },
    ]);
    await until(
      'both',
      async () => (await ledger('flows')).received + (await ledger('samples')).received === 2,
    );
    expect((await ledger('flows')).dropped).toEqual({ broken: 1 });
    expect((await ledger('samples')).dropped).toEqual({ broken: 1 });
    expect(telemetry.health().healthy).toBe(true);
  });
});
