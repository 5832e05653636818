import type { WanCondition } from '@fairlead/live-protocol';
import type { LiveView } from './live-view.ts';

interface ListedWan {
  readonly site: string;
  readonly router: string;
  readonly wan: string;
  readonly interface: string;
  readonly capacity: { readonly rxBps: number; readonly txBps: number };
  /** Null until the first sample. */
  readonly latest: {
    readonly timeMs: number;
    readonly ageMs: number;
    /** More than two intervals old. */
    readonly stale: boolean;
    readonly rxBps: number;
    readonly txBps: number;
    readonly rxUtil: number;
    readonly txUtil: number;
    readonly active: boolean | null;
    readonly condition: WanCondition;
    readonly sinceMs: number | null;
  } | null;
}

/** Every WAN of the inventory as it is now, for scripts. */
export function listWans(
  view: LiveView,
  { nowMs, simulated }: { readonly nowMs: number; readonly simulated: boolean },
): { readonly nowMs: number; readonly simulated: boolean; readonly wans: readonly ListedWan[] } {
  const wans = view.all.routers.values().flatMap((router) =>
    router.wans.map((wan): ListedWan => {
      const row = view.all.wans.get(wan.key);
      return {
        site: router.site,
        router: router.router,
        wan: wan.name,
        interface: wan.interface,
        capacity: { rxBps: wan.rxCapacityBps, txBps: wan.txCapacityBps },
        latest: row
          ? {
              timeMs: row[0],
              ageMs: nowMs - row[0],
              stale: nowMs - row[0] > 2 * router.intervalMs,
              rxBps: row[1],
              txBps: row[2],
              rxUtil: row[3],
              txUtil: row[4],
              active: row[5],
              condition: row[6],
              sinceMs: row[7],
            }
          : null,
      };
    }),
  );
  return { nowMs, simulated, wans };
}
