import type { ListedWans } from '@fairlead/live-protocol';
import type { ChannelSet } from './channel-set.ts';

/** Every WAN of these channels as it is now, for scripts. */
export function listWans(
  { routers, wans: rows }: Pick<ChannelSet, 'routers' | 'wans'>,
  { nowMs, simulated }: { readonly nowMs: number; readonly simulated: boolean },
): ListedWans {
  const wans = routers.values().flatMap((router) =>
    router.wans.map((wan): ListedWans['wans'][number] => {
      const row = rows.get(wan.key);
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
              probeLoss: row[8],
              probeRttMs: row[9],
            }
          : null,
      };
    }),
  );
  return { nowMs, simulated, wans };
}
