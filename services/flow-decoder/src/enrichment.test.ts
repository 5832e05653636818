import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import {
  encodeFrames,
  Flow,
  InterfaceCounters,
  inventorySchema,
  RouterInterface,
  RouterState,
  fixedInventory,
} from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEnrichment, type Enrichment } from './enrichment.ts';

const inventory = inventorySchema.parse([
  {
    name: 'gw1',
    site: 'site',
    address: '192.0.2.1',
    snmp: { community: 'c' },
    wans: [{ name: 'ISP1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'a' }],
  },
]);

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let telemetry: Telemetry;
let enrichment: Enrichment;

beforeEach(async () => {
  folder = temporaryFolder();
  log = await createEmbeddedLog({ directory: folder.path });
  await log.ensureTopics([topics.routerState]);
  telemetry = createTelemetry({ level: 'silent' });
  enrichment = createEnrichment({}, { log, inventory: fixedInventory(inventory), telemetry });
});

afterEach(async () => {
  await enrichment.stop();
  await log.close();
  folder.remove();
});

const append = (value: Uint8Array): Promise<unknown> =>
  log.append([{ topic: topics.routerState.name, key: 'gw1', value }]);

const stateOf = (timeMs: number, name: string, ifIndex: number): Uint8Array =>
  encodeFrames(RouterState, [
    {
      ...RouterState.decode(new Uint8Array()),
      timeMs,
      router: 'gw1',
      interfaces: [{ ...RouterInterface.decode(new Uint8Array()), name, ifIndex }],
    },
  ]);

/** Name of the WAN of a flow that came in by that interface. */
function wanOf(inputIfIndex: number, router = 'gw1'): string {
  const flow = { ...Flow.decode(new Uint8Array()), router, inputIfIndex };
  enrichment.apply([flow]);
  return flow.wan;
}

describe('enrichment', () => {
  it('knows from its start what the log says, and then what is new', async () => {
    await append(stateOf(1, 'ether1', 5));
    await enrichment.start();
    expect(wanOf(5)).toBe('ISP1');
    expect(wanOf(6)).toBe('');
    await append(stateOf(2, 'ether1', 6));
    await until('the new index', () => wanOf(6) === 'ISP1');
  });

  it('knows a router that is only polled by its counters', async () => {
    const counted = (ifIndex: number, speedBps: bigint): Promise<unknown> =>
      log.append([
        {
          topic: topics.counters.name,
          key: 'gw1',
          value: encodeFrames(InterfaceCounters, [
            {
              ...InterfaceCounters.decode(new Uint8Array()),
              timeMs: ifIndex,
              router: 'gw1',
              interface: 'ether1',
              ifIndex,
              speedBps,
            },
          ]),
        },
      ]);
    await log.ensureTopics([topics.counters]);
    await counted(5, 1_000_000_000n);
    await enrichment.start();
    expect(wanOf(5)).toBe('ISP1');
    const flow = { ...Flow.decode(new Uint8Array()), router: 'gw1', inputIfIndex: 5 };
    expect(enrichment.speedOf(flow)).toBe(1_000_000_000);
    expect(enrichment.speedOf({ ...flow, inputIfIndex: 6 })).toBeUndefined();
  });

  it('follows counters that come later', async () => {
    await enrichment.start();
    const reading = { ...InterfaceCounters.decode(new Uint8Array()), router: 'gw1', interface: 'ether1' };
    await log.append([
      { topic: topics.counters.name, key: 'gw1', value: Uint8Array.of(200, 1) },
      { topic: topics.counters.name, key: 'gw1', value: encodeFrames(InterfaceCounters, [reading]) },
      {
        topic: topics.counters.name,
        key: 'gw1',
        value: encodeFrames(InterfaceCounters, [{ ...reading, ifIndex: 6 }]),
      },
    ]);
    await until('the index', () => wanOf(6) === 'ISP1');
  });

  it('goes on behind a value that is no batch of states', async () => {
    await append(Uint8Array.of(200, 1));
    await append(stateOf(1, 'ether1', 5));
    await enrichment.start();
    expect(wanOf(5)).toBe('ISP1');
  });

  it('does not start with a database that it cannot read', async () => {
    enrichment = createEnrichment(
      { asnDatabase: '/nowhere.mmdb' },
      { log, inventory: fixedInventory(inventory), telemetry: createTelemetry({ level: 'silent' }) },
    );
    await expect(enrichment.start()).rejects.toThrow('/nowhere.mmdb cannot be used as an MMDB database');
  });

  it('counts the interfaces without a name, of routers in the inventory', async () => {
    await enrichment.start();
    wanOf(7);
    wanOf(7);
    wanOf(7, '');
    const metric = await telemetry.registry.getSingleMetric('fairlead_flow_unknown_interfaces_total')?.get();
    expect(metric?.values.map(({ labels, value }) => [labels['router'], value])).toEqual([['gw1', 2]]);
  });
});
