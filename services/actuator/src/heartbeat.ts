import { pause, type RateLimitedLog } from '@fairlead/runtime';
import type { LeaseConfig } from './config.ts';
import { readLease, takeLease } from './lease.ts';
import type { SessionKeeper, SteeredRouter } from './session-keeper.ts';

/** Renews the lease of one router for as long as it is armed. */
export interface Heartbeat {
  start(): void;
  stop(): Promise<void>;
}

export interface HeartbeatDeps {
  readonly router: SteeredRouter;
  readonly keeper: SessionKeeper;
  readonly holder: string;
  readonly warn: RateLimitedLog['warn'];
  /** Told when another holder has the router, by name, and with undefined when that is over. */
  readonly onRival: (rival: string | undefined) => void;
}

/** While there is no lease, it is tried for this often. */
const RETRY_MS = 5_000;

/**
 * The router's dead man falls back to its safe value when nobody renews the lease. What a router that is only observed, or
 * stopped by hand, had is left to run out.
 */
export function createHeartbeat(
  { seconds }: LeaseConfig,
  { router, keeper, holder, warn, onRival }: HeartbeatDeps,
): Heartbeat {
  const stopping = new AbortController();
  let running = Promise.resolve();
  let rivalBefore: string | undefined;

  /** @returns whether the lease is ours */
  async function beat(): Promise<boolean> {
    try {
      const live = await keeper.peek();
      if (!live) return false;
      const rival = await takeLease(live.session, await readLease(live.session), { holder, seconds });
      if (rival !== rivalBefore) onRival(rival);
      rivalBefore = rival;
      return rival === undefined;
    } catch (error) {
      warn(`lease ${router.name}`, { router: router.name, err: error }, 'the lease could not be renewed');
      return false;
    }
  }

  async function keepBeating(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isOurs = await beat();
      await pause(isOurs ? (seconds * 1_000) / RENEWALS : RETRY_MS, signal);
    }
  }

  return {
    start() {
      if (router.mode === 'armed' && !router.steering.stopped) running = keepBeating(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Renewals in the time that a lease lasts: some may fail before it is lost. */
const RENEWALS = 5;
