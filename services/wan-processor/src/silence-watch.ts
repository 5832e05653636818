import type { EventLog } from '@fairlead/event-log';
import { type Clock, Severity, type WanEvent } from '@fairlead/model';
import { type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import { detectSilence, type Sign, type Silence } from '@fairlead/rx';
import { topics } from '@fairlead/topics';
import { lastValueFrom, mergeMap, Subject } from 'rxjs';
import type { WanProcessorConfig } from './config.ts';
import type { RouterPlan } from './router-plan.ts';
import { byRouter } from './to-records.ts';
import { event } from './wan-events.ts';

const CHECK_MS = 1_000;

export interface SilenceWatchDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly config: WanProcessorConfig;
  readonly group: string;
  readonly plans: () => ReadonlyMap<string, RouterPlan>;
  /** Offset after the last batch that was worked on here; undefined without any. */
  readonly doneTo: (topic: string, partition: number) => number | undefined;
  readonly records: Ledger;
  readonly warn: RateLimitedLog['warn'];
}

/** Reports WANs whose counters stay away, and that they are back. */
export interface SilenceWatch {
  /** Whatever is heard of a router, its WANs are expected to be read from then on. */
  heard(partition: number, router: string, timeMs: number, wans: readonly string[]): void;
  forget(router: string): void;
  start(): void;
  stop(): Promise<void>;
}

const keyOf = (router: string, wan: string): string => `${router}/${wan}`;

/** Names of routers and WANs hold no slash. */
function entryOf(
  key: string,
  plans: ReadonlyMap<string, RouterPlan>,
): { readonly plan: RouterPlan; readonly wan: string } | undefined {
  const [router = '', wan = ''] = key.split('/');
  const plan = plans.get(router);
  return plan?.router.wans.some(({ name }) => name === wan) === true ? { plan, wan } : undefined;
}

export function createSilenceWatch(deps: SilenceWatchDeps): SilenceWatch {
  const { log, clock, config, group, plans, doneTo, records, warn } = deps;
  const signs$ = new Subject<Sign>();
  /** Where a router's records stand, the same in every topic. */
  const partitionOf = new Map<string, number>();
  /** Where the group stood in the counters of a partition of which something was heard first. */
  const metAt = new Map<number, Promise<number>>();
  /** Missed, while what was in the log then has not all been worked on. */
  const doubtful = new Set<string>();
  const catchingUp = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;

  const committedTo = async (topic: string, partition: number): Promise<number> =>
    (await log.committed(group, topic)).get(partition) ?? 0;

  function meet(partition: number): void {
    if (metAt.has(partition)) return;
    const standsAt = committedTo(topics.counters.name, partition);
    metAt.set(partition, standsAt);
    standsAt.catch((error: unknown) => {
      metAt.delete(partition);
      warn('committed', { err: error, partition }, 'cannot see how far the group is');
    });
  }

  /** Whether another processor of the group has gone on in the partition, once the group has caught up. */
  async function isElsewhere(partition: number): Promise<boolean> {
    await caughtUp(partition);
    try {
      for (const topic of [topics.counters.name, topics.routerState.name]) {
        const stood = topic === topics.counters.name ? await metAt.get(partition) : undefined;
        const done = doneTo(topic, partition) ?? stood;
        if (done !== undefined && (await committedTo(topic, partition)) > done) return true;
      }
    } catch (error) {
      warn('committed', { err: error, partition }, 'cannot see who works on a partition');
    }
    return false;
  }

  /**
   * Resolves when the group has worked on all counters that are in the partition now: while members come and go nobody
   * does, and while the log is away nobody can.
   */
  function caughtUp(partition: number): Promise<void> {
    const shared = catchingUp.get(partition);
    if (shared) return shared;
    const waiting = waitForGroup(partition);
    catchingUp.set(partition, waiting);
    // Only for those who ask at this moment: what was appended since is not waited for.
    queueMicrotask(() => catchingUp.delete(partition));
    return waiting;
  }

  async function waitForGroup(partition: number): Promise<void> {
    const topic = topics.counters.name;
    let end: number | undefined;
    while (!stopping.signal.aborted) {
      try {
        end ??= await endOf(partition);
        if ((await committedTo(topic, partition)) >= end) return;
      } catch (error) {
        warn('committed', { err: error, partition }, 'cannot see how far the group is');
      }
      await pause(CHECK_MS, stopping.signal);
    }
  }

  /** Offset after the last record of counters; 0 where retention has taken them all. */
  async function endOf(partition: number): Promise<number> {
    const info = (await log.partitions(topics.counters.name)).find((entry) => entry.partition === partition);
    return info === undefined || info.firstOffset === info.nextOffset ? 0 : info.nextOffset;
  }

  async function report({ key, kind }: Silence): Promise<void> {
    if (kind === 'back') {
      if (!doubtful.delete(key)) await tell(key, kind);
      return;
    }
    doubtful.add(key);
    const partition = partitionOf.get(key.split('/')[0] ?? '');
    if (partition !== undefined && (await isElsewhere(partition))) {
      doubtful.delete(key);
      signs$.next({ key, kind: 'gone' });
      return;
    }
    // Heard meanwhile, or nobody knows.
    if (!doubtful.delete(key) || stopping.signal.aborted) return;
    await tell(key, kind);
  }

  async function tell(key: string, kind: Silence['kind']): Promise<void> {
    const entry = entryOf(key, plans());
    if (!entry) return;
    records.received();
    try {
      await log.append(byRouter(topics.wanEvents, [silenceEvent(entry, kind, clock.nowMs())]));
      records.stored();
    } catch (error) {
      records.dropped('append-failed');
      warn('append', { err: error, router: entry.plan.router.name, wan: entry.wan }, 'event not stored');
    }
  }

  return {
    heard(partition, router, timeMs, wans) {
      partitionOf.set(router, partition);
      meet(partition);
      if (clock.nowMs() - timeMs > config.catchUpAfterMs) return;
      for (const { name } of plans().get(router)?.router.wans ?? []) {
        signs$.next({ key: keyOf(router, name), kind: wans.includes(name) ? 'heard' : 'expected' });
      }
    },
    forget: (router) => void partitionOf.delete(router),
    start() {
      const silences$ = signs$.pipe(
        detectSilence({
          afterMs: (key) => entryOf(key, plans())?.plan.staleAfterMs ?? config.staleAfterMs,
          everyMs: CHECK_MS,
          nowMs: () => clock.monotonicMs(),
        }),
        mergeMap(report),
      );
      ended = lastValueFrom(silences$, { defaultValue: undefined });
    },
    async stop() {
      stopping.abort();
      signs$.complete();
      await ended;
    },
  };
}

function silenceEvent(
  { plan, wan }: { readonly plan: RouterPlan; readonly wan: string },
  kind: Silence['kind'],
  timeMs: number,
): WanEvent {
  if (kind === 'back') {
    const message = `${wan}: counters arrive again`;
    return event(plan, wan, 'samples-back', Severity.INFO, timeMs, { message });
  }
  const message = `${wan}: no counters for ${plan.staleAfterMs / 1_000} s`;
  return event(plan, wan, 'samples-missing', Severity.WARNING, timeMs, { message });
}
