import type { EventLog, Subscription } from '@fairlead/event-log';
import { createInventoryHolder, decodeFrames, FrameError, type InventorySource } from '@fairlead/model';
import type { Component, Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { type OrdersByRouter, standingAfter, withOrders } from './standing-orders.ts';

/** How long the start waits for the orders of the past. */
const PAST_DEADLINE_MS = 10_000;

/**
 * The inventory as people have ordered it: pins, locks and modes of the topic `orders` laid over the configuration. They
 * stand across restarts, in every process that reads the log, until another order takes them back.
 */
export function createOrderedInventory(
  configured: InventorySource,
  { log, telemetry }: { readonly log: EventLog; readonly telemetry: Telemetry },
): { readonly inventory: InventorySource; readonly component: Component } {
  const topic = topics.orders;
  const holder = createInventoryHolder(configured.current());
  let standing: OrdersByRouter = new Map();
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;

  const lay = (): void => void holder.replace(withOrders(configured.current(), standing));

  const take = (value: Uint8Array): void => {
    try {
      for (const order of decodeFrames(topic.codec, value)) standing = standingAfter(standing, order);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      telemetry.log.error({ err: error }, 'orders that cannot be read are left out');
    }
  };

  return {
    inventory: holder,
    component: {
      name: 'orders',
      async start() {
        const [past] = await log.partitions(topic.name);
        const upTo = past && past.nextOffset > past.firstOffset ? past.nextOffset - 1 : -1;
        let seen = -1;
        let pastIsRead = (): void => undefined;
        const read = new Promise<void>((resolve) => {
          pastIsRead = resolve;
        });
        subscription = await log.subscribe({
          topics: [topic.name],
          startAt: 'earliest',
          onBatch: async ({ records }) => {
            for (const { offset, value } of records) {
              take(value);
              seen = offset;
            }
            if (seen < upTo) return;
            lay();
            pastIsRead();
          },
        });
        if (upTo >= 0) await within(read, PAST_DEADLINE_MS);
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

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('orders: the log does not give those of the past')), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
