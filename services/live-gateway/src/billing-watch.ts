import type { Clock, InventorySource } from '@fairlead/model';
import type { RateLimitedLog } from '@fairlead/runtime';
import type { LiveView } from './live-view.ts';
import { type HistoryStore, readBilling } from './read-store.ts';

/** As often as the figure can change. */
const EVERY_MS = 300_000;
/** Between two WANs: the store is there to take records first. */
const PAUSE_MS = 200;

/** Reads the 95th percentile of every WAN into the view, one after the other, again every five minutes. */
export function watchBilling(
  view: LiveView,
  store: HistoryStore,
  options: { readonly inventory: InventorySource; readonly clock: Clock; readonly warnings: RateLimitedLog },
  onChange: () => void,
): { stop(): Promise<void> } {
  const { inventory, clock, warnings } = options;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let work = Promise.resolve();

  const readAll = async (): Promise<void> => {
    const untilMs = clock.nowMs();
    const now = new Date(untilMs);
    const fromMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
    for (const { name: router, wans } of inventory.current()) {
      for (const { name: wan } of wans) {
        if (isStopped) return;
        const { p95RxBps, p95TxBps } = await readBilling(store, { router, wan }, { fromMs, untilMs });
        if (p95RxBps === null || p95TxBps === null) continue;
        view.billing(router, wan, {
          rxBps: Math.round(p95RxBps),
          txBps: Math.round(p95TxBps),
          sinceMs: fromMs,
        });
        onChange();
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  };
  const turn = (): void => {
    work = readAll()
      .catch((error: unknown) => warnings.warn('billing', { err: error }, 'the month so far cannot be read'))
      .then(() => {
        if (!isStopped) timer = setTimeout(turn, EVERY_MS);
      });
  };
  turn();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await work;
    },
  };
}
