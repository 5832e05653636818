import type { Clock, InterfaceCounters, Router } from '@fairlead/model';
import { LoginRefusedError, openRouterSession, type RouterosSession } from '@fairlead/routeros';
import { backoffMs, type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import type { RouterosCollectorConfig } from './config.ts';
import {
  readCommands,
  readListing,
  type RouterListing,
  readRouter,
  toCounters,
  toState,
} from './read-router.ts';
import { afterFailure, afterReading, blankMemory, type RouterNews } from './watch-router.ts';

/** A router that has an API session. */
export type ApiRouter = Router & { readonly api: NonNullable<Router['api']> };

export interface PollDeps {
  /** Hands records to the log; false, after having counted them as dropped, when it did not take them. */
  readonly publish: (counters: readonly InterfaceCounters[], news: RouterNews) => Promise<boolean>;
  readonly samples: Ledger;
  readonly polls: Ledger;
  readonly clock: Clock;
  readonly warn: RateLimitedLog['warn'];
}

/** No answer to what is asked here is near this long. */
const LIMITS = {
  maxReplyBytes: 2 ** 20,
  limits: { maxWordBytes: 2 ** 16, maxSentenceBytes: 2 ** 18 },
} as const;

/**
 * Keeps one session with one router and reads it once an interval until the signal. Readings never overlap: those that
 * came due meanwhile are skipped. A failure costs the session and a pause that grows.
 */
export async function pollRouter(
  config: RouterosCollectorConfig,
  router: ApiRouter,
  deps: PollDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, polls, samples, publish } = deps;
  const { intervalMs } = router.api;
  let memory = blankMemory;
  let failures = 0;

  const tell = async (counters: readonly InterfaceCounters[], news: RouterNews): Promise<boolean> => {
    const stored = await publish(counters, news);
    // What was not told stays news.
    if (stored) ({ memory } = news);
    return stored;
  };

  const read = async (session: RouterosSession, listing: RouterListing): Promise<void> => {
    polls.received();
    try {
      const reading = await readRouter(session, router, clock);
      const counters = toCounters(router, reading, listing);
      samples.received(reading.interfaces.length);
      samples.dropped('not-a-wan', reading.interfaces.length - counters.length);
      const state = toState(router, reading, listing);
      const stored = await tell(counters, afterReading(memory, router, state, config.stateIntervalMs));
      if (stored) polls.stored();
      else polls.dropped('append-failed');
    } catch (error) {
      polls.dropped('failed');
      throw error;
    }
  };

  const readOnAndOn = async (session: RouterosSession, wake: AbortSignal): Promise<void> => {
    let listing = await readListing(session);
    let listedMs = clock.monotonicMs();
    let dueMs = listedMs;
    while (!wake.aborted) {
      await read(session, listing);
      failures = 0;
      dueMs += intervalMs;
      const skipped = Math.max(0, Math.ceil((clock.monotonicMs() - dueMs) / intervalMs));
      polls.received(skipped);
      polls.dropped('skipped', skipped);
      dueMs += skipped * intervalMs;
      if (clock.monotonicMs() - listedMs >= config.stateIntervalMs) {
        listing = await readListing(session);
        listedMs = clock.monotonicMs();
      }
      await pause(dueMs - clock.monotonicMs(), wake);
    }
    throw await session.closed;
  };

  // Otherwise all routers of a fleet would be read in the same instant of each second.
  await pause(Math.random() * intervalMs, signal);
  while (!signal.aborted) {
    try {
      const session = await openRouterSession(router, {
        ...LIMITS,
        allow: readCommands,
        timeoutMs: config.timeoutMs,
        signal,
      });
      const over = new AbortController();
      const end = (): void => void session.close();
      signal.addEventListener('abort', end);
      void session.closed.then(() => over.abort());
      try {
        if (isAborted(signal)) return;
        await readOnAndOn(session, over.signal);
      } finally {
        signal.removeEventListener('abort', end);
        await session.close();
      }
    } catch (cause) {
      if (isAborted(signal)) return;
      failures += 1;
      const error = cause instanceof Error ? cause.message : String(cause);
      const refused = cause instanceof LoginRefusedError;
      deps.warn(router.name, { router: router.name, error, failures }, 'router could not be read');
      await tell(
        [],
        afterFailure(memory, router, { timeMs: clock.nowMs(), error, refused }, config.stateIntervalMs),
      );
      const { baseMs, maxMs, refusedMs } = config.backoff;
      await pause(
        backoffMs(failures, refused ? { baseMs: refusedMs, maxMs: refusedMs } : { baseMs, maxMs }),
        signal,
      );
    }
  }
}

/** The signal changes while others are awaited, which narrowing does not know. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
