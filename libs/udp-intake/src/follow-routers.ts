import type { InventorySource } from '@fairlead/model';
import { pause } from '@fairlead/runtime';
import type { RouterAddresses } from './router-addresses.ts';

export interface FollowRoutersOptions {
  readonly routers: RouterAddresses;
  readonly inventory: InventorySource;
  readonly resolveIntervalMs: number;
  /** How long starting waits for the names. */
  readonly startDeadlineMs: number;
  /** Senders are met anew: an address may be another router's now. */
  readonly onChange: () => void;
}

/**
 * Keeps the addresses of the routers as the inventory and the resolver have them. Resolves when the names are known or
 * have had their time, and goes on by itself. @returns the call that ends it
 */
export async function followRouters({
  routers,
  inventory,
  resolveIntervalMs,
  startDeadlineMs,
  onChange,
}: FollowRoutersOptions): Promise<() => void> {
  const ending = new AbortController();
  const { signal } = ending;

  const resolveNames = async (): Promise<void> => {
    if (await routers.resolve()) onChange();
  };
  const resolveAgainAndAgain = async (): Promise<void> => {
    for (;;) {
      await pause(resolveIntervalMs, signal);
      if (signal.aborted) return;
      await resolveNames();
    }
  };

  const unfollow = inventory.subscribe((change) => {
    routers.replace(change.inventory);
    onChange();
    void resolveNames();
  });
  const first = resolveNames();
  void first.then(resolveAgainAndAgain);
  await Promise.race([first, pause(startDeadlineMs, signal)]);
  return () => {
    ending.abort();
    unfollow();
  };
}
