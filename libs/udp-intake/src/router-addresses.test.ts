import { inventorySchema, type Inventory } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { createRouterAddresses, type LookUp } from './router-addresses.ts';

function routers(...entries: readonly { readonly name: string; readonly address: string }[]): Inventory {
  const wans = [
    { name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' },
  ];
  return inventorySchema.parse(
    entries.map((entry) => ({ ...entry, site: 'north', snmp: { community: 'public' }, wans })),
  );
}

function setUp(
  inventory: Inventory,
  lookUp: LookUp,
): { warned: string[] } & ReturnType<typeof createRouterAddresses> {
  const warned: string[] = [];
  const warnings = { warn: (key: string) => void warned.push(key) };
  return { ...createRouterAddresses(inventory, { lookUp, warnings, deadlineMs: 20 }), warned };
}

const nobody: LookUp = () => Promise.reject(new Error('ENOTFOUND'));

describe('addresses of routers', () => {
  it('are known at once where they are written as such, in any of their forms', async () => {
    const inventory = routers(
      { name: 'gw1', address: '::ffff:192.0.2.1' },
      { name: 'gw2', address: '2001:DB8:0::2' },
    );
    const { routerOf, hasNames } = setUp(inventory, nobody);
    expect(['192.0.2.1', '2001:db8::2', '192.0.2.2'].map(routerOf)).toEqual(['gw1', 'gw2', '']);
    expect(hasNames).toBe(false);
  });

  it('come from the name server where a name is written, and may change', async () => {
    let answer = ['192.0.2.1', '2001:db8::1'];
    const addresses = setUp(routers({ name: 'gw1', address: 'gw1.example' }), async () => answer);
    expect(addresses.routerOf('192.0.2.1')).toBe('');
    expect(await addresses.resolve()).toBe(true);
    expect(['192.0.2.1', '2001:db8::1'].map(addresses.routerOf)).toEqual(['gw1', 'gw1']);
    expect(await addresses.resolve()).toBe(false);
    answer = ['192.0.2.9'];
    expect(await addresses.resolve()).toBe(true);
    expect(['192.0.2.1', '192.0.2.9'].map(addresses.routerOf)).toEqual(['', 'gw1']);
  });

  it('stay as they were, with a warning, when the name server fails or does not answer', async () => {
    const answers: LookUp[] = [async () => ['192.0.2.1'], nobody, () => new Promise(() => undefined)];
    const addresses = setUp(
      routers({ name: 'gw1', address: 'gw1.example' }),
      (name) => answers.shift()?.(name) ?? nobody(name),
    );
    for (let round = 0; round < 3; round += 1) await addresses.resolve();
    expect(addresses.routerOf('192.0.2.1')).toBe('gw1');
    expect(addresses.warned).toEqual(['name gw1.example', 'name gw1.example']);
  });

  it('that are written down are not taken away by a name', async () => {
    const inventory = routers({ name: 'gw1', address: '192.0.2.1' }, { name: 'gw2', address: 'gw2.example' });
    const addresses = setUp(inventory, async () => ['192.0.2.1']);
    expect(await addresses.resolve()).toBe(false);
    expect(addresses.routerOf('192.0.2.1')).toBe('gw1');
  });

  it('follow another inventory; a name that stays keeps its addresses until it is asked for again', async () => {
    const gw1 = { name: 'gw1', address: 'gw1.example' };
    const addresses = setUp(routers(gw1, { name: 'gw2', address: '192.0.2.2' }), async () => ['192.0.2.1']);
    await addresses.resolve();
    addresses.replace(routers(gw1, { name: 'gw3', address: '192.0.2.3' }));
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(addresses.routerOf)).toEqual(['gw1', '', 'gw3']);
    addresses.replace(routers());
    expect(addresses.routerOf('192.0.2.1')).toBe('');
    addresses.replace(routers(gw1));
    expect(addresses.routerOf('192.0.2.1')).toBe('');
  });
});
