import type { EventLog, Subscription } from '@fairlead/event-log';
import { createInventoryHolder, decodeFrames, FrameError, type InventorySource } from '@fairlead/model';
import type { Component, Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { type OrdersByRouter, standingAfter, withOrders } from './standing-orders.ts';

const READ_AT_ONCE = 500;

/**
 * The inventory as people have ordered it: pins, locks and modes of the topic `orders` laid over the configuration. They
 * stand across restarts, in every process that reads the log, until another order takes them back. What acts on it starts
 * after its component: the orders of the past are laid over it then.
 */
export function createOrderedInventory(
  configured: InventorySource,
  { log, telemetry }: { readonly log: EventLog; readonly telemetry: Telemetry },
): { readonly inventory: InventorySource; readonly component: Component } {
  const topic = topics.orders;
  let standing: OrdersByRouter = new Map();
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;

  const take = (value: Uint8Array): void => {
    try {
      for (const order of decodeFrames(topic.codec, value)) standing = standingAfter(standing, order);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      telemetry.log.error({ err: error }, 'orders that cannot be read are left out');
    }
  };

  const holder = createInventoryHolder(configured.current());
  const lay = (): void => void holder.replace(withOrders(configured.current(), standing));

  return {
    inventory: holder,
    component: {
      name: 'orders',
      async start() {
        const pastEnd = await readPast(log, take);
        lay();
        subscription = await log.subscribe({
          topics: [topic.name],
          startAt: 'earliest',
          onBatch: async ({ records }) => {
            for (const { value } of records) take(value);
            // Those of the past come once more; what they add up to is the same.
            if ((records.at(-1)?.offset ?? 0) >= pastEnd - 1) lay();
          },
        });
        unfollow = configured.subscribe(lay);
        lay();
      },
      async stop() {
        unfollow?.();
        await subscription?.stop();
        subscription = undefined;
      },
    },
  };
}

/** Reads what is there; returns the offset behind it. */
async function readPast(log: EventLog, take: (value: Uint8Array) => void): Promise<number> {
  const { name } = topics.orders;
  const [past] = await log.partitions(name);
  for (let offset = past?.firstOffset ?? 0; past && offset < past.nextOffset;) {
    const records = await log.read(name, past.partition, offset, READ_AT_ONCE);
    for (const { value } of records) take(value);
    const last = records.at(-1);
    if (!last) break;
    offset = last.offset + 1;
  }
  return past?.nextOffset ?? 0;
}
