import { describe, expect, it } from 'vitest';
import { inventorySchema, type Inventory } from './inventory.ts';
import { createInventoryHolder, isSame, type InventoryChange } from './inventory-source.ts';
import { createPerRouter } from './per-router.ts';

const routers = (...entries: Record<string, unknown>[]): Inventory =>
  inventorySchema.parse(
    entries.map((entry) => ({
      site: 's1',
      address: '192.0.2.1',
      api: { user: 'u', password: 'p' },
      wans: [{ name: 'ISP1', interface: 'ether1', capacity: { rx: '1M', tx: '1M' }, routingMark: 'r1' }],
      ...entry,
    })),
  );
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe('an inventory that is replaced', () => {
  it('says what was added, changed and removed, and is new when it says so', () => {
    const holder = createInventoryHolder(routers({ name: 'a' }, { name: 'b' }, { name: 'c' }));
    const told: InventoryChange[] = [];
    holder.subscribe((change) => {
      expect(holder.current()).toBe(change.inventory);
      told.push(change);
    });
    holder.replace(routers({ name: 'd' }, { name: 'b', address: '192.0.2.2' }, { name: 'a' }));
    const [change] = told;
    expect(names(change?.added ?? [])).toEqual(['d']);
    expect(names(change?.changed ?? [])).toEqual(['b']);
    expect(names(change?.removed ?? [])).toEqual(['c']);
  });

  it('sees that only a password changed', () => {
    const [before, after] = ['old', 'new'].map((password) =>
      routers({ name: 'a', api: { user: 'u', password } }),
    );
    expect(isSame(before, after)).toBe(false);
    expect(isSame(before, routers({ name: 'a', api: { user: 'u', password: 'old' } }))).toBe(true);
  });

  it('tells nobody when nothing differs, or who does not listen any more', () => {
    const holder = createInventoryHolder(routers({ name: 'a' }));
    let told = 0;
    const end = holder.subscribe(() => (told += 1));
    holder.replace(routers({ name: 'a' }));
    end();
    holder.replace([]);
    expect(told).toBe(0);
  });
});

describe('a task for each router', () => {
  /** Tasks that end when they are told to, and what happened to them. */
  function tasks(initial: Inventory) {
    const holder = createInventoryHolder(initial);
    const story: string[] = [];
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const perRouter = createPerRouter(holder, ({ name, address }) => {
      if (name === 'none') return undefined;
      story.push(`begin ${name} ${address}`);
      return {
        stop: async () => {
          if (name === 'slow') await slow;
          story.push(`end ${name}`);
        },
      };
    });
    return { holder, story, perRouter, release: () => release() };
  }

  it('is begun and ended for the routers that changed, and for no other', async () => {
    const { holder, story, perRouter } = tasks(routers({ name: 'a' }, { name: 'b' }, { name: 'none' }));
    perRouter.start();
    story.length = 0;
    holder.replace(routers({ name: 'a' }, { name: 'b', address: '192.0.2.9' }, { name: 'c' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(story.toSorted()).toEqual(['begin b 192.0.2.9', 'begin c 192.0.2.1', 'end b']);
    expect(story.indexOf('end b')).toBeLessThan(story.indexOf('begin b 192.0.2.9'));
    expect(perRouter.get('none')).toBeUndefined();
    await perRouter.stop();
    await perRouter.stop();
    expect(story.filter((entry) => entry.startsWith('end'))).toHaveLength(4);
  });

  it('begins once, with the newest, when a router changes again before its task has ended', async () => {
    const { holder, story, perRouter, release } = tasks(routers({ name: 'slow' }));
    perRouter.start();
    for (const address of ['192.0.2.2', '192.0.2.3']) holder.replace(routers({ name: 'slow', address }));
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(story).toEqual(['begin slow 192.0.2.1', 'end slow', 'begin slow 192.0.2.3']);
    await perRouter.stop();
  });

  it('is not begun any more when all were stopped meanwhile', async () => {
    const { holder, story, perRouter, release } = tasks(routers({ name: 'slow' }));
    perRouter.start();
    holder.replace(routers({ name: 'slow', address: '192.0.2.2' }));
    const stopped = perRouter.stop();
    release();
    await stopped;
    expect(story).toEqual(['begin slow 192.0.2.1', 'end slow']);
  });
});
