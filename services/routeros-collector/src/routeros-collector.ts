import type { EventLog, NewRecord, Subscription } from '@fairlead/event-log';
import {
  type Clock,
  type Codec,
  createPerRouter,
  encodeFrames,
  type InterfaceCounters,
  type InventorySource,
  type Router,
} from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { type Topic, topics } from '@fairlead/topics';
import { Gauge, Histogram } from 'prom-client';
import type { CircuitState } from './circuit-breaker.ts';
import type { RouterosCollectorConfig } from './config.ts';
import { followSyslog } from './follow-syslog.ts';
import { type ApiRouter, pollRouter } from './poll-router.ts';
import type { RouterNews } from './watch-router.ts';

const SERVICE = 'routeros-collector';
/** Routers of which a line is held back at a time. */
const MAX_LOG_KEYS = 10_000;

export interface RouterosCollectorDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Reads every router that has an API: counters of its WANs to `counters`, its state to `router-state`, what changed to
 * `wan-events`. It can only read. Each router has its own session, pace and pauses, so one costs the others nothing.
 */
export function createRouterosCollector(
  config: RouterosCollectorConfig,
  { log, inventory, clock, telemetry }: RouterosCollectorDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const limited = createRateLimitedLog(logger, { nowMs: () => clock.nowMs(), maxKeys: MAX_LOG_KEYS });
  const samples = createLedger(telemetry.registry, SERVICE, 'samples');
  const polls = createLedger(telemetry.registry, SERVICE, 'polls');
  const probes = createLedger(telemetry.registry, SERVICE, 'probes');
  const hints = createLedger(telemetry.registry, SERVICE, 'hints');
  const circuits = new Gauge({
    name: 'fairlead_routeros_circuits',
    help: 'Routers by the state of their circuit: closed (read), open (left alone after failures), half-open (tried again).',
    labelNames: ['state'],
    registers: [telemetry.registry],
  });
  const pollSeconds = new Histogram({
    name: 'fairlead_routeros_poll_seconds',
    help: 'Time of a reading, from when it was due until the event log had its counters.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [telemetry.registry],
  });
  let syslog: Subscription | undefined;

  const publish = async (
    router: string,
    counters: readonly InterfaceCounters[],
    news: RouterNews | undefined,
  ): Promise<boolean> => {
    try {
      const records = [
        ...batch(topics.counters, router, counters),
        ...batch(topics.routerState, router, news?.state ? [news.state] : []),
        ...batch(topics.wanEvents, router, news?.events ?? []),
      ];
      if (records.length > 0) await log.append(records);
      samples.stored(counters.length);
      telemetry.setHealth(SERVICE, true);
      return true;
    } catch (error) {
      samples.dropped('append-failed', counters.length);
      telemetry.setHealth(SERVICE, false, 'the event log does not take records');
      limited.warn('append', { err: error }, 'append failed');
      return false;
    }
  };

  const onCircuit = (before: CircuitState | undefined, now: CircuitState | undefined): void => {
    if (before) circuits.dec({ state: before });
    if (now) circuits.inc({ state: now });
  };

  const routers = createPerRouter(inventory, (router) =>
    hasApi(router)
      ? pollRouter(config, router, {
          publish: (counters, news) => publish(router.name, counters, news),
          samples,
          polls,
          probes,
          clock,
          warn: limited.warn,
          onRead: (elapsedMs) => pollSeconds.observe(elapsedMs / 1_000),
          onCircuit,
        })
      : undefined,
  );

  return {
    name: SERVICE,
    async start() {
      telemetry.setHealth(SERVICE, true);
      syslog = await followSyslog({
        log,
        inventory,
        hints,
        warn: limited.warn,
        reread: (router) => routers.get(router)?.reread() ?? 'not-connected',
      });
      routers.start();
    },
    async stop() {
      await Promise.all([syslog?.stop(), routers.stop()]);
      syslog = undefined;
    },
  };
}

const hasApi = (router: Router): router is ApiRouter => router.api !== undefined;

/** The records as one value of the log; none when there are none. */
function batch<T>(topic: Topic<T>, key: string, records: readonly T[]): NewRecord[] {
  if (records.length === 0) return [];
  const codec: Codec<T> = topic.codec;
  return [{ topic: topic.name, key, value: encodeFrames(codec, records) }];
}
