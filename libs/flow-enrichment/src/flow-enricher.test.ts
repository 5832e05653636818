import {
  addressFromBytes,
  addressToBytes,
  Flow,
  FlowDirection,
  InterfaceCounters,
  type Inventory,
  inventorySchema,
  RouterState,
} from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { createFlowEnricher, type FlowEnricher } from './index.ts';

const inventory: Inventory = inventorySchema.parse([
  {
    name: 'gw1',
    site: 'site',
    address: '192.0.2.1',
    snmp: { community: 'c' },
    wans: [
      { name: 'ISP1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'a' },
      { name: 'ISP2', interface: 'pppoe-out1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'b' },
    ],
  },
]);

const state = (timeMs: number, interfaces: Readonly<Record<number, string>>): RouterState => ({
  ...RouterState.decode(new Uint8Array()),
  timeMs,
  router: 'gw1',
  reachable: true,
  interfaces: Object.entries(interfaces).map(([ifIndex, name]) => ({
    name,
    ifIndex: Number(ifIndex),
    type: '',
    running: true,
    disabled: false,
    comment: undefined,
  })),
});

function learned(): FlowEnricher {
  const enricher = createFlowEnricher(inventory);
  enricher.learn(state(1, { 1: 'ether1', 3: 'bridge-lan', 4: 'vlan10', 0x8000_0001: 'pppoe-out1' }));
  return enricher;
}

const HOST = addressToBytes('192.168.88.20');
const SERVER = addressToBytes('198.51.100.7');
const PUBLIC = addressToBytes('203.0.113.2');

const flow = (fields: Partial<Flow>): Flow => ({
  ...Flow.decode(new Uint8Array()),
  router: 'gw1',
  srcAddress: HOST,
  dstAddress: SERVER,
  ...fields,
});

/** What an enricher makes of one flow. */
function enriched(fields: Partial<Flow>, enricher = learned()) {
  const one = flow(fields);
  const unknown = enricher.enrich([one]);
  const { inputInterface, outputInterface, wan, direction, insideAddress } = one;
  const inside = insideAddress && addressFromBytes(insideAddress);
  return { inputInterface, outputInterface, wan, direction, inside, unknown };
}

describe('the way of a flow', () => {
  it('is out when it leaves by a WAN; its source is inside', () => {
    expect(enriched({ inputIfIndex: 3, outputIfIndex: 1, postNatSrcAddress: PUBLIC })).toEqual({
      inputInterface: 'bridge-lan',
      outputInterface: 'ether1',
      wan: 'ISP1',
      direction: FlowDirection.OUT,
      inside: '192.168.88.20',
      unknown: 0,
    });
  });

  it('is in when it comes from a WAN; the host inside is the destination after NAT', () => {
    const way = { inputIfIndex: 0x8000_0001, outputIfIndex: 3, srcAddress: SERVER, dstAddress: PUBLIC };
    expect(enriched({ ...way, postNatDstAddress: HOST })).toMatchObject({
      inputInterface: 'pppoe-out1',
      wan: 'ISP2',
      direction: FlowDirection.IN,
      inside: '192.168.88.20',
    });
  });

  it.each([undefined, addressToBytes('0.0.0.0'), addressToBytes('::')])(
    'has its destination inside where nothing was translated (%s)',
    (postNatDstAddress) => {
      const way = { inputIfIndex: 1, outputIfIndex: 3, srcAddress: SERVER, dstAddress: HOST };
      expect(enriched({ ...way, postNatDstAddress }).inside).toBe('192.168.88.20');
    },
  );

  it('takes an address that ends in zeros for one', () => {
    const host = addressToBytes('2001:db8::');
    expect(enriched({ inputIfIndex: 1, postNatDstAddress: host }).inside).toBe('2001:db8::');
  });

  it('is internal between two interfaces that are no WAN', () => {
    expect(enriched({ inputIfIndex: 3, outputIfIndex: 4 })).toMatchObject({
      wan: '',
      direction: FlowDirection.INTERNAL,
      inside: undefined,
    });
  });

  it('is known by one interface where the other is the router itself', () => {
    expect(enriched({ inputIfIndex: 1, outputIfIndex: 0 })).toMatchObject({
      wan: 'ISP1',
      direction: FlowDirection.IN,
      outputInterface: '',
      unknown: 0,
    });
    expect(enriched({ inputIfIndex: 3, outputIfIndex: 0 }).direction).toBe(FlowDirection.UNSPECIFIED);
  });

  it('from one WAN to another is the download of the first', () => {
    expect(enriched({ inputIfIndex: 1, outputIfIndex: 0x8000_0001 })).toMatchObject({
      wan: 'ISP1',
      direction: FlowDirection.IN,
    });
  });
});

describe('an interface index', () => {
  it('without a name is empty and counted', () => {
    expect(enriched({ inputIfIndex: 77, outputIfIndex: 78 })).toEqual({
      inputInterface: '',
      outputInterface: '',
      wan: '',
      direction: FlowDirection.UNSPECIFIED,
      inside: undefined,
      unknown: 2,
    });
    expect(enriched({ inputIfIndex: 3, outputIfIndex: 1, router: '' })).toMatchObject({
      wan: '',
      unknown: 2,
    });
  });

  it('keeps its name when its interface is gone, until another has it', () => {
    const enricher = learned();
    enricher.learn(state(2, { 9: 'pppoe-out1' }));
    const before = { inputIfIndex: 0x8000_0001 };
    expect(enriched(before, enricher).wan).toBe('ISP2');
    expect(enriched({ inputIfIndex: 9 }, enricher).wan).toBe('ISP2');
    enricher.learn(state(3, { 0x8000_0001: 'l2tp-client' }));
    expect(enriched(before, enricher)).toMatchObject({ wan: '', inputInterface: 'l2tp-client' });
  });

  it('is not renamed by a state that comes late', () => {
    const enricher = learned();
    enricher.learn(state(0, { 1: 'bridge-old' }));
    expect(enriched({ inputIfIndex: 1 }, enricher).wan).toBe('ISP1');
  });
});

const counters = (fields: Partial<InterfaceCounters>): InterfaceCounters => ({
  ...InterfaceCounters.decode(new Uint8Array()),
  timeMs: 1,
  router: 'gw1',
  ...fields,
});

describe('a router that is only polled', () => {
  it('names its interfaces by its counters', () => {
    const enricher = createFlowEnricher(inventory);
    expect(enricher.learnCounters(counters({ interface: 'ether1', ifIndex: 2 }))).toBe(true);
    expect(enriched({ inputIfIndex: 2 }, enricher)).toMatchObject({
      inputInterface: 'ether1',
      wan: 'ISP1',
      direction: FlowDirection.IN,
    });
  });

  it('teaches nothing without an index, or when it is in no inventory', () => {
    const enricher = createFlowEnricher(inventory);
    expect(enricher.learnCounters(counters({ interface: 'ether1' }))).toBe(false);
    expect(enricher.learnCounters(counters({ router: 'gw9', interface: 'ether1', ifIndex: 2 }))).toBe(false);
    expect(enriched({ inputIfIndex: 2 }, enricher).unknown).toBe(1);
  });

  it('is believed by the newest word on an index, whoever says it', () => {
    const enricher = learned();
    enricher.learnCounters(counters({ timeMs: 0, interface: 'old', ifIndex: 3 }));
    expect(enriched({ inputIfIndex: 3 }, enricher).inputInterface).toBe('bridge-lan');
    enricher.learnCounters(counters({ timeMs: 9, interface: 'ether1', ifIndex: 3 }));
    enricher.learn(state(8, { 3: 'bridge-lan' }));
    expect(enriched({ inputIfIndex: 3 }, enricher).inputInterface).toBe('ether1');
  });

  it('goes through any number of indexes in bounded memory', () => {
    const enricher = createFlowEnricher(inventory);
    for (let ifIndex = 1; ifIndex <= 20_000; ifIndex += 1) {
      enricher.learnCounters(counters({ interface: `<pppoe-${ifIndex}>`, ifIndex }));
    }
    expect(enriched({ inputIfIndex: 20_000 }, enricher).unknown).toBe(0);
    expect(enriched({ inputIfIndex: 1 }, enricher).unknown).toBe(1);
  });
});

describe('the speed of a flow', () => {
  const speed = (enricher: FlowEnricher, inputIfIndex: number, outputIfIndex: number): number | undefined =>
    enricher.speedOf(flow({ inputIfIndex, outputIfIndex }));

  it('is that of the faster interface, and of a WAN at least its capacity', () => {
    const enricher = learned();
    expect(speed(enricher, 1, 0)).toBe(50_000_000);
    enricher.learnCounters(counters({ interface: 'ether1', ifIndex: 1, speedBps: 1_000_000_000n }));
    enricher.learnCounters(counters({ interface: 'pppoe-out1', ifIndex: 0x8000_0001, speedBps: 0n }));
    expect(speed(enricher, 1, 3)).toBe(1_000_000_000);
    expect(speed(enricher, 0x8000_0001, 1)).toBe(1_000_000_000);
    expect(speed(enricher, 3, 0x8000_0001)).toBe(50_000_000);
    enricher.learn(state(2, { 1: 'ether1' }));
    expect(speed(enricher, 1, 3)).toBe(1_000_000_000);
  });

  it('is not known of interfaces without one, and of a bond, which reports one member', () => {
    const enricher = learned();
    expect(speed(enricher, 3, 4)).toBeUndefined();
    expect(speed(enricher, 77, 0)).toBeUndefined();
    const bond = state(2, { 7: 'bond1' });
    enricher.learn({ ...bond, interfaces: bond.interfaces.map((port) => ({ ...port, type: 'bond' })) });
    enricher.learnCounters(
      counters({ timeMs: 3, interface: 'bond1', ifIndex: 7, speedBps: 10_000_000_000n }),
    );
    expect(speed(enricher, 7, 1)).toBeUndefined();
  });
});

it('writes countries, and AS numbers where the exporter has none', () => {
  const enricher = createFlowEnricher(inventory, {
    find: (address) =>
      address === SERVER ? { country: 'DE', asNumber: 64_500 } : { country: '', asNumber: 0 },
  });
  const flows = [flow({}), flow({ dstAs: 65_001 })];
  enricher.enrich(flows);
  expect(
    flows.map(({ srcCountry, dstCountry, srcAs, dstAs }) => [srcCountry, dstCountry, srcAs, dstAs]),
  ).toEqual([
    ['', 'DE', 0, 64_500],
    ['', 'DE', 0, 65_001],
  ]);
});

describe('an inventory that changes', () => {
  it('gives known interfaces their WANs of now', () => {
    const enricher = learned();
    const [gw1] = inventory;
    if (!gw1) throw new Error('there is a router');
    const wanOf = (inputIfIndex: number, router = 'gw1'): string => {
      const record = flow({ inputIfIndex, router });
      enricher.enrich([record]);
      return record.wan;
    };
    expect([wanOf(1), wanOf(4)]).toEqual(['ISP1', '']);
    const [isp1, ...others] = gw1.wans;
    const wans = [...others, ...(isp1 ? [{ ...isp1, name: 'Fibre', interface: 'vlan10' }] : [])];
    enricher.replaceInventory([{ ...gw1, wans }]);
    expect([wanOf(1), wanOf(4), wanOf(0x8000_0001)]).toEqual(['', 'Fibre', 'ISP2']);
    enricher.replaceInventory([]);
    expect(wanOf(4)).toBe('');
  });
});
