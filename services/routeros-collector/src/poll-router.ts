import type { Clock, InterfaceCounters, Router, RouterTask } from '@fairlead/model';
import {
  CertificateError,
  LoginRefusedError,
  openRouterSession,
  type RouterosSession,
} from '@fairlead/routeros';
import { type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import { Alarm } from './alarm.ts';
import { type CircuitState, createCircuitBreaker } from './circuit-breaker.ts';
import { readCommands } from './commands.ts';
import type { RouterosCollectorConfig } from './config.ts';
import { followNetwatch } from './follow-netwatch.ts';
import { createListingKeeper } from './listing-keeper.ts';
import { createWanProber } from './probe-wans.ts';
import { prepareReading, readRouter, type RouterReading, toCounters } from './read-router.ts';
import { viewRouter } from './router-state.ts';
import { afterFailure, afterReading, blankMemory, type RouterNews } from './watch-router.ts';

/** A router that has an API session. */
export type ApiRouter = Router & { readonly api: NonNullable<Router['api']> };

export interface PollDeps {
  /** Hands records to the log; false, after having counted them as dropped, when it did not take them. */
  readonly publish: (
    counters: readonly InterfaceCounters[],
    news: RouterNews | undefined,
  ) => Promise<boolean>;
  readonly samples: Ledger;
  readonly polls: Ledger;
  readonly probes: Ledger;
  readonly clock: Clock;
  readonly warn: RateLimitedLog['warn'];
  /** Told, of each reading that succeeded, the milliseconds from when it was due until the log had it. */
  readonly onRead: (elapsedMs: number) => void;
  /** Told when the circuit of the router changes. */
  readonly onCircuit: (before: CircuitState | undefined, now: CircuitState | undefined) => void;
}

/** What became of the wish to read a router at once. */
export type Reread = 'begun' | 'rate-limited' | 'not-connected';

export interface RouterPoll extends RouterTask {
  /** Reads everything but the scripts at once, unless that was done a moment ago. */
  reread(): Reread;
}

/** No answer to what is asked here is near this long; what is longer ends the session. */
const LIMITS = {
  maxReplyBytes: 4 * 2 ** 20,
  limits: { maxWordBytes: 2 ** 18, maxSentenceBytes: 2 ** 19 },
} as const;

/**
 * Keeps one session with one router and reads it once an interval until it is stopped. Readings never overlap: those that
 * came due meanwhile are skipped. A failure costs the session and a pause that grows.
 */
export function pollRouter(config: RouterosCollectorConfig, router: ApiRouter, deps: PollDeps): RouterPoll {
  const { clock, polls, samples } = deps;
  const { intervalMs } = router.api;
  const { backoff } = config;
  // Routers that began together would otherwise send their states in the same second for ever.
  const snapshotIntervalMs = config.snapshotIntervalMs * (0.9 + 0.1 * Math.random());
  const breaker = createCircuitBreaker(backoff);
  const stopping = new AbortController();
  const { signal } = stopping;
  let memory = blankMemory;
  let circuit: CircuitState | undefined;
  let rereadMs = -Infinity;
  const commands = prepareReading(router);
  /** Rung, it ends the pause between two readings. */
  const alarm = new Alarm();
  let isConnected = false;
  let isRereadWanted = false;

  const tell = async (
    counters: readonly InterfaceCounters[],
    news: RouterNews | undefined,
  ): Promise<boolean> => {
    const stored = await deps.publish(counters, news);
    // What was not told stays news.
    if (stored && news) ({ memory } = news);
    return stored;
  };

  const noteCircuit = (now: CircuitState | undefined): void => {
    if (now === circuit) return;
    deps.onCircuit(circuit, now);
    circuit = now;
  };

  const reread = (): Reread => {
    const nowMs = clock.monotonicMs();
    if (!isConnected) return 'not-connected';
    if (nowMs - rereadMs < config.rereadIntervalMs) return 'rate-limited';
    rereadMs = nowMs;
    isRereadWanted = true;
    alarm.ring();
    return 'begun';
  };

  const readOnAndOn = async (session: RouterosSession, over: AbortSignal): Promise<void> => {
    const beganMs = clock.monotonicMs();
    let last: RouterReading | undefined;
    const keeper = createListingKeeper(session, router, config, { clock, onRead: () => alarm.ring() });
    const prober = createWanProber(session, router, {
      clock,
      probes: deps.probes,
      timeoutMs: config.timeoutMs,
      warn: (message) => deps.warn(router.name, { router: router.name }, message),
    });
    const ifIndexOf = (name: string): number | undefined =>
      keeper.listing?.interfaces.find((entry) => entry.name === name)?.ifIndex;
    const newsOf = (reading: RouterReading): RouterNews | undefined => {
      const view = viewRouter(router, reading, keeper);
      return view && afterReading(memory, router, view, snapshotIntervalMs);
    };
    const read = async (): Promise<void> => {
      polls.received();
      try {
        const reading = await readRouter(session, commands, clock);
        const counters = toCounters(router, reading, ifIndexOf, prober.take);
        samples.received(reading.interfaces.length);
        const others = reading.interfaces.length - counters.length;
        if (others > 0) samples.dropped('not-a-wan', others);
        // What a WAN hangs on may have changed with it.
        if (last && isLinkChanged(last, reading)) void keeper.read('now');
        last = reading;
        if (await tell(counters, newsOf(reading))) polls.stored();
        else polls.dropped('append-failed');
      } catch (error) {
        polls.dropped('failed');
        throw error;
      }
    };

    const tellNews = async (): Promise<void> => {
      if (last) await tell([], newsOf(last));
    };

    // The first samples know the indexes of their interfaces, unless that takes too long.
    const listed = new AbortController();
    void keeper.read('now').then(() => listed.abort());
    await pause(config.timeoutMs, AbortSignal.any([listed.signal, over]));
    void followNetwatch(session, {
      intervalMs: config.rereadIntervalMs,
      signal: over,
      reread: () => reread() !== 'rate-limited',
    });
    let dueMs = clock.monotonicMs();
    while (!over.aborted) {
      void keeper.read(isRereadWanted ? 'now' : 'due');
      isRereadWanted = false;
      prober.begin(keeper.listing?.version);
      await read();
      deps.onRead(clock.monotonicMs() - dueMs);
      if (clock.monotonicMs() - beganMs >= backoff.steadyMs) breaker.steady();
      noteCircuit(breaker.state);
      dueMs += intervalMs;
      const skipped = Math.max(0, Math.ceil((clock.monotonicMs() - dueMs) / intervalMs));
      if (skipped > 0) {
        polls.received(skipped);
        polls.dropped('skipped', skipped);
      }
      dueMs += skipped * intervalMs;
      await untilDue(dueMs, over, tellNews);
    }
    throw await session.closed;
  };

  /** Waits for the next reading; tells meanwhile what the slower readings bring, and ends early when one is wanted. */
  const untilDue = async (dueMs: number, over: AbortSignal, onNews: () => Promise<void>): Promise<void> => {
    while (!over.aborted && !isRereadWanted) {
      const isRung = await alarm.wait(dueMs - clock.monotonicMs());
      if (!isRung) return;
      if (!isAborted(over)) await onNews();
    }
  };

  const hold = async (): Promise<void> => {
    const session = await openRouterSession(router, {
      ...LIMITS,
      allow: readCommands,
      timeoutMs: config.timeoutMs,
      signal,
    });
    const over = new AbortController();
    const end = (): void => void session.close();
    signal.addEventListener('abort', end);
    void session.closed.then(() => {
      over.abort();
      alarm.ring();
    });
    try {
      if (isAborted(signal)) return;
      // One small question before many.
      await session.execute(['/system/identity/print']);
      isConnected = true;
      await readOnAndOn(session, over.signal);
    } finally {
      isConnected = false;
      signal.removeEventListener('abort', end);
      await session.close();
    }
  };

  const run = async (): Promise<void> => {
    noteCircuit(breaker.state);
    // Otherwise all routers of a fleet would be read in the same instant of each second.
    await pause(Math.random() * intervalMs, signal);
    while (!signal.aborted) {
      try {
        breaker.trying();
        noteCircuit(breaker.state);
        await hold();
      } catch (cause) {
        if (isAborted(signal)) break;
        const error = cause instanceof Error ? cause.message : String(cause);
        const refused = cause instanceof LoginRefusedError;
        const pauseMs = breaker.failed(refused || cause instanceof CertificateError);
        noteCircuit(breaker.state);
        const { failures } = breaker;
        deps.warn(
          router.name,
          { router: router.name, error, failures, circuit: breaker.state, pauseMs: Math.round(pauseMs) },
          'router could not be read',
        );
        const failure = { timeMs: clock.nowMs(), error, refused };
        await tell([], afterFailure(memory, router, failure, snapshotIntervalMs));
        await pause(pauseMs, signal);
      }
    }
    noteCircuit(undefined);
  };

  const running = run();
  return {
    reread,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** The signal changes while others are awaited, which narrowing does not know. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

function isLinkChanged({ interfaces: before }: RouterReading, { interfaces: after }: RouterReading): boolean {
  return (
    before.length !== after.length ||
    after.some(({ name, running, disabled }, i) => {
      const was = before[i];
      return was?.['name'] !== name || was?.['running'] !== running || was?.['disabled'] !== disabled;
    })
  );
}
