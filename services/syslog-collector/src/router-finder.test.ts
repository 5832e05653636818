import { fixedInventory, type InventorySource, inventorySchema } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { createRouterFinder, type RouterFinder } from './router-finder.ts';

const FINGERPRINT = 'AB:'.repeat(31) + 'CD';

function inventoryOf(routers: readonly Record<string, unknown>[]): InventorySource {
  return fixedInventory(
    inventorySchema.parse(
      routers.map((router) => ({
        site: 'north',
        address: '192.0.2.99',
        snmp: { community: 'public' },
        wans: [
          { name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' },
        ],
        ...router,
      })),
    ),
  );
}

const addresses = new Map([
  ['192.0.2.1', 'gw1'],
  ['192.0.2.2', 'gw2'],
]);
const find = (routers: readonly Record<string, unknown>[], relays: readonly string[] = []): RouterFinder =>
  createRouterFinder(inventoryOf(routers), (address) => addresses.get(address) ?? '', relays);

const finder = find(
  [
    { name: 'gw1', syslog: { certificate: { fingerprint: FINGERPRINT } } },
    { name: 'gw2', syslog: { certificate: { name: 'gw2.example' }, identity: 'North Gate' } },
  ],
  ['198.51.100.0/24', '192.0.2.1'],
);
const signed = { fingerprint256: '00', names: ['GW2.example', 'other'], isSigned: true };

describe('the router of a peer', () => {
  it('is that of its certificate, whatever its address', () => {
    const certificate = { fingerprint256: FINGERPRINT, names: ['gw2.example'], isSigned: false };
    expect(finder.routerOf({ address: '192.0.2.2', certificate })).toBe('gw1');
    expect(finder.routerOf({ address: '192.0.2.1', certificate: signed })).toBe('gw2');
  });

  it('is not read from a certificate that nobody signed and nobody pinned', () => {
    const certificate = { ...signed, isSigned: false };
    expect(finder.routerOf({ address: '203.0.113.1', certificate })).toBe('');
    expect(finder.routerOf({ address: '192.0.2.1', certificate })).toBe('gw1');
  });

  it('is that of its address where a certificate names none', () => {
    const certificate = { ...signed, names: ['relay.example'] };
    expect(finder.routerOf({ address: '192.0.2.2', certificate })).toBe('gw2');
  });

  it('is none where two routers claim the same', () => {
    const twins = find(
      ['gw1', 'gw2'].map((name) => ({
        name,
        syslog: { identity: 'MikroTik', certificate: { name: 'gw.example', fingerprint: FINGERPRINT } },
      })),
      ['0.0.0.0/0'],
    );
    const certificate = { fingerprint256: FINGERPRINT, names: ['gw.example'], isSigned: true };
    expect(twins.routerOf({ address: '203.0.113.1', certificate })).toBe('');
    expect(twins.isPinned(FINGERPRINT)).toBe(false);
    expect(twins.routerBehind('203.0.113.1', 'MikroTik')).toBe('');
    expect(twins.routerBehind('203.0.113.1', 'gw1')).toBe('gw1');
  });
});

describe('a host name', () => {
  it('is believed of relays, as the name of a router or as its identity', () => {
    expect(finder.routerBehind('198.51.100.7', 'north gate')).toBe('gw2');
    expect(finder.routerBehind('198.51.100.7', 'gw1')).toBe('gw1');
    expect(finder.routerBehind('198.51.100.7', 'gw3')).toBe('');
    expect(finder.routerBehind('203.0.113.1', 'gw1')).toBe('');
  });
});
