import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEmbeddedLog, type EventLog, type NewRecord } from '@fairlead/event-log';
import {
  addressToBytes,
  DeadLetter,
  decodeFrames,
  encodeFrames,
  Flow,
  InterfaceCounters,
  type Inventory,
  inventorySchema,
  type RawDatagram,
  SamplingSource,
  systemClock,
  fixedInventory,
} from '@fairlead/model';
import { buildSet, buildV9, bytes, templateRecord } from '@fairlead/netflow/testing';
import { type Component, createTelemetry, type Telemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFlowDecoder, flowDecoderConfigSchema } from './index.ts';

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let telemetry: Telemetry;
let decoder: Component | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  log = await createEmbeddedLog({ directory: folder.path });
  await log.ensureTopics([topics.rawNetflow]);
  telemetry = createTelemetry({ level: 'silent' });
});

afterEach(async () => {
  await decoder?.stop();
  decoder = undefined;
  await log.close();
  folder.remove();
});

async function start(
  options: Record<string, unknown> = {},
  eventLog = log,
  inventory: Inventory = [],
): Promise<Component> {
  decoder = createFlowDecoder(flowDecoderConfigSchema.parse(options), {
    log: eventLog,
    inventory: fixedInventory(inventory),
    clock: systemClock,
    telemetry,
  });
  await decoder.start();
  return decoder;
}

const template = buildV9({}, buildSet(0, templateRecord(256, [[1, 4]])));
/** One flow for each number, which is its bytes. */
const data = (...flowBytes: number[]): Uint8Array =>
  buildV9({}, buildSet(256, ...flowBytes.map((value) => bytes([value, 4]))));

/** Datagrams of one exporter as the collector puts them into a log value. */
function logValue(exporter: string, router: string, payloads: readonly Uint8Array[]): NewRecord {
  const { name, codec } = topics.rawNetflow;
  const common = {
    timeMs: 1_700_000_000_000,
    exporter: addressToBytes(exporter),
    exporterPort: 2_055,
    router,
  };
  const datagramsOf = payloads.map((payload) => ({ ...common, payload }));
  return { topic: name, key: exporter, value: encodeFrames<RawDatagram>(codec, datagramsOf) };
}

/** Appends datagrams of one exporter, each a log value of its own. */
async function collect(exporter: string, router: string, ...payloads: Uint8Array[]): Promise<void> {
  await log.append(payloads.map((payload) => logValue(exporter, router, [payload])));
}

async function readAll<T>(
  name: string,
  decode: (value: Uint8Array) => T[],
): Promise<{ key: string; item: T }[]> {
  const partitions = await log.partitions(name);
  const records = await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 10_000)));
  return records.flat().flatMap(({ key, value }) => decode(value).map((item) => ({ key, item })));
}

const storedFlows = async (): Promise<{ key: string; bytes: number }[]> =>
  (await readAll(topics.flows.name, (value) => decodeFrames(Flow, value))).map(({ key, item }) => ({
    key,
    bytes: item.bytes,
  }));

const datagrams = (): ReturnType<typeof readLedger> =>
  readLedger(telemetry.registry, 'flow-decoder', 'datagrams');
const flows = (): ReturnType<typeof readLedger> => readLedger(telemetry.registry, 'flow-decoder', 'flows');
const received = (count: number): Promise<unknown> =>
  until(`${count} datagrams`, async () => (await datagrams()).received >= count);
const committed = (count: number): Promise<unknown> =>
  until(`${count} values committed`, async () => {
    const offsets = await log.committed('flow-decoder', topics.rawNetflow.name);
    return [...offsets.values()].reduce((sum, offset) => sum + offset, 0) >= count;
  });

describe('the flow decoder', () => {
  it('puts flows under the router that sent them, or under the address of an unknown exporter', async () => {
    await start();
    await collect('192.0.2.1', 'gw1', template, data(10, 20));
    await collect('192.0.2.9', '', template, data(30));
    await committed(4);
    expect((await storedFlows()).sort((a, b) => a.bytes - b.bytes)).toEqual([
      { key: 'gw1', bytes: 10 },
      { key: 'gw1', bytes: 20 },
      { key: '192.0.2.9', bytes: 30 },
    ]);
    expect(await datagrams()).toEqual({ received: 4, decoded: 4, stored: 0, dropped: {} });
    expect(await flows()).toEqual({ received: 0, decoded: 3, stored: 3, dropped: {} });
  });

  it('counts what it cannot use by reason, and decodes the next datagram', async () => {
    await start();
    const zeroLengthSet = buildV9({}, Uint8Array.of(1, 0, 0, 0));
    await collect(
      '192.0.2.1',
      'gw1',
      data(1),
      Uint8Array.of(9),
      zeroLengthSet,
      Uint8Array.of(0, 77, 0, 0),
      template,
      data(40),
    );
    await committed(6);
    expect(await storedFlows()).toEqual([
      { key: 'gw1', bytes: 1 },
      { key: 'gw1', bytes: 40 },
    ]);
    expect(await datagrams()).toEqual({
      received: 6,
      decoded: 3,
      stored: 0,
      dropped: { truncated: 1, 'set-length': 1, 'unsupported-version': 1 },
    });
    const problems = await telemetry.registry.getSingleMetric('fairlead_netflow_problems_total')?.get();
    expect(problems?.values.map(({ labels, value }) => [labels['kind'], value])).toEqual([
      ['truncated', 1],
      ['set-length', 1],
      ['unsupported-version', 1],
    ]);
  });

  it('counts a datagram as decoded when a part of it could be used', async () => {
    await start();
    const half = buildV9({}, buildSet(300, bytes([1, 4])), buildSet(0, templateRecord(256, [[1, 4]])));
    await collect('192.0.2.1', 'gw1', half);
    await received(1);
    expect(await datagrams()).toMatchObject({ received: 1, decoded: 1, dropped: {} });
  });

  it('knows the templates of before its restart', async () => {
    await start();
    await collect('192.0.2.1', 'gw1', template, data(1));
    await committed(2);
    await decoder?.stop();
    telemetry = createTelemetry({ level: 'silent' });
    await collect('192.0.2.1', 'gw1', data(2));
    await start();
    await committed(3);
    expect((await storedFlows()).map((flow) => flow.bytes)).toEqual([1, 2]);
    expect(await datagrams()).toEqual({ received: 1, decoded: 1, stored: 0, dropped: {} });
  });

  /** A new process: nothing is left of the one before but the log. */
  async function restart(options: Record<string, unknown> = {}, eventLog = log): Promise<void> {
    await decoder?.stop();
    telemetry = createTelemetry({ level: 'silent' });
    await start(options, eventLog);
  }
  const storedBytes = async (): Promise<number[]> => (await storedFlows()).map((flow) => flow.bytes);

  it('knows templates from further back than it reads again', async () => {
    await start({ primeRecords: 2 });
    await collect('192.0.2.1', 'gw1', template, data(1), data(2), data(3), data(4), data(5));
    await committed(6);
    await restart({ primeRecords: 2 });
    await collect('192.0.2.1', 'gw1', data(6));
    await committed(7);
    expect(await storedBytes()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([0, 1, 2, 1_000])(
    'neither loses nor doubles what waits for its template, with %i records between snapshots',
    async (primeRecords) => {
      await start({ primeRecords });
      await collect('192.0.2.1', 'gw1', data(1), data(2));
      await committed(2);
      await restart({ primeRecords });
      await collect('192.0.2.1', 'gw1', data(3));
      await committed(3);
      expect(await storedBytes()).toEqual([]);
      await restart({ primeRecords });
      await collect('192.0.2.1', 'gw1', template, data(4));
      await committed(5);
      await restart({ primeRecords });
      await collect('192.0.2.1', 'gw1', template, data(5));
      await committed(7);
      expect(await storedBytes()).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it('gives what waited again when the commit of the template fails', async () => {
    let failures = 0;
    const flaky: EventLog = {
      ...log,
      subscribe: (options) =>
        log.subscribe({
          ...options,
          async onBatch(batch) {
            const outputs = await options.onBatch(batch);
            if (failures > 0) {
              failures -= 1;
              throw new Error('the commit failed');
            }
            return outputs;
          },
        }),
    };
    await start({}, flaky);
    await collect('192.0.2.1', 'gw1', data(1));
    await committed(1);
    failures = 2;
    await collect('192.0.2.1', 'gw1', template, data(2));
    await committed(3);
    expect(failures).toBe(0);
    expect(await storedBytes()).toEqual([1, 2]);
  });

  it('reads the log again where a snapshot is broken, and counts that', async () => {
    await start({ primeRecords: 3 });
    await collect('192.0.2.1', 'gw1', template, data(1));
    await committed(2);
    await decoder?.stop();
    await log.append([{ topic: 'fairlead.flow-decoder-state.v1', key: '0', value: Uint8Array.of(9, 9) }]);
    await restart({ primeRecords: 3 });
    await collect('192.0.2.1', 'gw1', data(2));
    await committed(3);
    expect(await storedBytes()).toEqual([1, 2]);
    const metric = await telemetry.registry.getSingleMetric('fairlead_netflow_state_unreadable_total')?.get();
    expect(metric?.values[0]?.value).toBe(1);
  });

  it('takes the operator at his word about a sampling rate', async () => {
    await start({ samplingRates: { '192.0.2.1': 512 } });
    await collect('192.0.2.1', 'gw1', template, data(1));
    await collect('0.0.0.0', '', template, data(2));
    await committed(4);
    const stored = await readAll(topics.flows.name, (value) => decodeFrames(Flow, value));
    const rates = stored.map(({ key, item }) => [key, item.samplingRate, item.samplingSource]);
    expect(rates.sort()).toEqual([
      ['0.0.0.0', 1, SamplingSource.ASSUMED],
      ['gw1', 512, SamplingSource.OVERRIDE],
    ]);
  });

  it('puts a flow aside that no interface could have carried', async () => {
    await start({ maxInterfaceBps: 8_000, activeTimeoutMs: 1_000 });
    await collect('192.0.2.1', 'gw1', template, data(1_000, 1_001));
    await committed(2);
    expect(await storedBytes()).toEqual([1_000]);
    const letters = await readAll(topics.deadLetter.name, (value) => decodeFrames(DeadLetter, value));
    expect(letters.map(({ item }) => item.reason)).toEqual(['impossible-flow']);
    const [aside] = letters.flatMap(({ item }) => decodeFrames(Flow, item.value));
    expect(aside?.bytes).toBe(1_001);
    expect(await flows()).toMatchObject({ decoded: 2, stored: 1, dropped: { 'impossible-flow': 1 } });
  });

  it('puts a flow aside that its own link could not have carried, sampling counted', async () => {
    const inventory = inventorySchema.parse([
      {
        name: 'gw1',
        site: 'site',
        address: '192.0.2.1',
        snmp: { community: 'c' },
        wans: [{ name: 'ISP1', interface: 'ether1', capacity: { rx: '8M', tx: '8M' }, routingMark: 'a' }],
      },
    ]);
    await log.ensureTopics([topics.counters]);
    const reading = { router: 'gw1', interface: 'ether1', ifIndex: 1, speedBps: 8_000_000n };
    await log.append([
      {
        topic: topics.counters.name,
        key: 'gw1',
        value: encodeFrames(InterfaceCounters, [
          { ...InterfaceCounters.decode(new Uint8Array()), ...reading },
        ]),
      },
    ]);
    await start({ activeTimeoutMs: 1_000, samplingRates: { '192.0.2.1': 100 } }, log, inventory);
    // In a second the link carries a megabyte; twice that is believed.
    const fields = templateRecord(256, [
      [10, 4],
      [1, 4],
    ]);
    const flow = (ifIndex: number, flowBytes: number): Uint8Array => bytes([ifIndex, 4], [flowBytes, 4]);
    await collect(
      '192.0.2.1',
      'gw1',
      buildV9({}, buildSet(0, fields), buildSet(256, flow(1, 20_000), flow(1, 20_001), flow(2, 20_002))),
    );
    await committed(1);
    expect(await storedBytes()).toEqual([20_000, 20_002]);
    expect(await flows()).toMatchObject({ decoded: 3, stored: 2, dropped: { 'impossible-flow': 1 } });
  });

  it('counts what an exporter sent and nobody received, by router', async () => {
    const numbered = (sequence: number): Uint8Array =>
      buildV9({ sequence }, buildSet(256, bytes([sequence, 4])));
    await start();
    await collect(
      '192.0.2.1',
      'gw1',
      buildV9({ sequence: 1 }, buildSet(0, templateRecord(256, [[1, 4]]))),
      ...[2, 3, 6, 5, 5, 7].map(numbered),
    );
    await collect('192.0.2.9', '', numbered(1), numbered(12));
    await committed(9);
    const values = async (name: string): Promise<unknown[]> =>
      (await telemetry.registry.getSingleMetric(name)?.get())?.values.map(({ labels, value }) => [
        labels['router'],
        labels['version'],
        ...(labels['kind'] === undefined ? [] : [labels['kind']]),
        value,
      ]) ?? [];
    expect((await values('fairlead_netflow_missed_total')).sort()).toEqual([
      ['', 'v9', 10],
      ['gw1', 'v9', 2],
    ]);
    expect(await values('fairlead_netflow_late_total')).toEqual([['gw1', 'v9', 1]]);
    expect((await values('fairlead_netflow_sequence_steps_total')).sort()).toEqual([
      ['', 'v9', 'gap', 1],
      ['gw1', 'v9', 'duplicate', 1],
      ['gw1', 'v9', 'gap', 1],
      ['gw1', 'v9', 'late', 1],
    ]);
  });

  it('books a batch once, however often its commit fails', async () => {
    let failures = 2;
    const flaky: EventLog = {
      ...log,
      subscribe: (options) =>
        log.subscribe({
          ...options,
          async onBatch(batch) {
            const outputs = await options.onBatch(batch);
            if (failures > 0) {
              failures -= 1;
              throw new Error('the commit failed');
            }
            return outputs;
          },
        }),
    };
    await start({}, flaky);
    await collect('192.0.2.1', 'gw1', template, data(10, 20));
    await committed(2);
    expect(failures).toBe(0);
    expect(await storedFlows()).toHaveLength(2);
    expect(await datagrams()).toMatchObject({ received: 2, decoded: 2 });
    expect(await flows()).toMatchObject({ decoded: 2, stored: 2 });
    expect(telemetry.health().healthy).toBe(true);
  });

  it('puts a record that is no batch of datagrams aside', async () => {
    await start();
    await log.append([{ topic: topics.rawNetflow.name, key: '192.0.2.1', value: Uint8Array.of(200, 1) }]);
    await collect('192.0.2.1', 'gw1', template, data(10));
    await committed(3);
    expect(await storedFlows()).toHaveLength(1);
    expect(await datagrams()).toMatchObject({ received: 3, decoded: 2, dropped: { 'broken-record': 1 } });
    const letters = await readAll(topics.deadLetter.name, (value) => decodeFrames(DeadLetter, value));
    expect(letters.map(({ item }) => [item.service, item.reason, item.offset, [...item.value]])).toEqual([
      ['flow-decoder', 'broken-record', 0, [200, 1]],
    ]);
  });

  it('lets others have their turn in the middle of a large value', async () => {
    const flowsOfOne = Array.from({ length: 340 }, (_, index) => index + 1);
    const large = Array.from({ length: 99 }, () => data(...flowsOfOne));
    await log.append([logValue('192.0.2.1', 'gw1', [template, ...large])]);
    await start();
    const seen = new Set<number>();
    for (let count = 0; count < 100; count = (await datagrams()).received) {
      seen.add(count);
      await nextTurn();
    }
    // 99 datagrams of 1 384 bytes, twelve in a turn.
    expect(seen.size).toBeGreaterThan(4);
    expect((await flows()).decoded).toBe(99 * 340);
  });

  it('splits what is too much for one value', async () => {
    await start();
    const tiny = buildV9(
      {},
      buildSet(0, templateRecord(257, [[4, 1]])),
      buildSet(257, new Uint8Array(1_000)),
    );
    const { name, codec } = topics.rawNetflow;
    const datagram: RawDatagram = {
      timeMs: 1_700_000_000_000,
      exporter: addressToBytes('192.0.2.1'),
      exporterPort: 2_055,
      router: 'gw1',
      payload: tiny,
    };
    const value = encodeFrames<RawDatagram>(
      codec,
      Array.from({ length: 30 }, () => datagram),
    );
    await log.append([{ topic: name, key: '192.0.2.1', value }]);
    await committed(1);
    expect(await storedFlows()).toHaveLength(30_000);
    const sizes = (
      await Promise.all(
        (await log.partitions(topics.flows.name)).map(({ partition }) =>
          log.read(topics.flows.name, partition, 0, 100),
        ),
      )
    )
      .flat()
      .map(({ value }) => value.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(900_000);
  });
});
