import { createMemoryLog } from '@fairlead/live-gateway/testing';
import {
  createInventoryHolder,
  encodeFrames,
  type Inventory,
  inventorySchema,
  Order,
  OrderKind,
} from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { expect, it } from 'vitest';
import { createOrderedInventory } from './ordered-inventory.ts';

const site = (kind: 'spill' | 'weights' = 'spill', wans = ['ISP1', 'ISP2'], router = {}): Inventory =>
  inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '192.0.2.1',
      api: { user: 'u', password: 'p' },
      wans: wans.map((name, i) => ({
        name,
        interface: `ether${i}`,
        capacity: { rx: '50M', tx: '10M' },
        routingMark: name,
        gateway: `198.51.100.${i + 1}`,
        probeHosts: [`9.9.9.${i + 1}`, `8.8.8.${i + 1}`],
      })),
      steering: { policy: { kind } },
      ...router,
    },
  ]);

function bench(inventory = site()) {
  const log = createMemoryLog();
  const configured = createInventoryHolder(inventory);
  const give = (kind: OrderKind, change: Partial<Order> = {}) => {
    const order = { ...Order.decode(new Uint8Array()), id: `${kind}`, router: 'gw1', kind, ...change };
    return log.append([{ topic: topics.orders.name, key: 'gw1', value: encodeFrames(Order, [order]) }]);
  };
  const open = async () => {
    const ordered = createOrderedInventory(configured, {
      log,
      telemetry: createTelemetry({ level: 'silent' }),
    });
    await ordered.component.start();
    // Services start with it.
    return { ...ordered, atFirst: ordered.inventory.current() };
  };
  return { log, configured, give, open };
}

it('orders of the past stand after a restart, and those of now count at once', async () => {
  const { give, open } = bench();
  await give(OrderKind.LOCK);
  await give(OrderKind.PIN, { wan: 'ISP2', untilMs: 2e12 });
  await give(OrderKind.ARM);
  const { inventory, component, atFirst } = await open();
  expect(inventory.current()).toEqual(atFirst);
  expect(atFirst[0]).toMatchObject({
    mode: 'armed',
    steering: { locked: true, pin: { wan: 'ISP2', until: 2e12 } },
  });
  await give(OrderKind.UNLOCK);
  await give(OrderKind.UNPIN);
  await give(OrderKind.OBSERVE);
  await until('the last order', () => inventory.current()[0]?.mode === 'observe');
  expect(inventory.current()).toEqual(site());
  await component.stop();
});

it('a configuration that is read again does not undo an order', async () => {
  const { configured, give, open } = bench();
  await give(OrderKind.LOCK);
  await give(OrderKind.PIN, { wan: 'ISP2', untilMs: 2e12 });
  const { inventory, component } = await open();
  configured.replace(site('spill', ['ISP1', 'ISP3']));
  expect(inventory.current()[0]?.steering).toMatchObject({ locked: true });
  expect(inventory.current()[0]?.steering?.pin).toBeUndefined();
  expect(inventory.current()[0]?.wans.map(({ name }) => name)).toEqual(['ISP1', 'ISP3']);
  await component.stop();
});

it('what cannot be written to a router is not armed, and bytes that are no order change nothing', async () => {
  const setup = { strategy: 'nth', lanNetworks: ['192.168.88.0/24'] };
  const { log, give, open } = bench(site('spill', ['ISP1', 'ISP2'], { setup }));
  await give(OrderKind.ARM);
  await log.append([{ topic: topics.orders.name, key: 'gw1', value: new Uint8Array([9, 1]) }]);
  await give(OrderKind.LOCK);
  const { inventory, component } = await open();
  expect(inventory.current()[0]).toMatchObject({ mode: 'observe', steering: { locked: true } });
  await component.stop();
});

it('a policy of parts is armed by an order as any other', async () => {
  const { give, open } = bench(site('weights'));
  await give(OrderKind.ARM);
  const { inventory, component } = await open();
  expect(inventory.current()[0]).toMatchObject({ mode: 'armed' });
  await component.stop();
});
