import type { EventLog, NewRecord } from '@fairlead/event-log';
import {
  type Clock,
  type Codec,
  encodeFrames,
  type InterfaceCounters,
  type InventorySource,
} from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { type Topic, topics } from '@fairlead/topics';
import type { RouterosCollectorConfig } from './config.ts';
import { type ApiRouter, pollRouter } from './poll-router.ts';
import type { RouterNews } from './watch-router.ts';

const SERVICE = 'routeros-collector';

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
  const limited = createRateLimitedLog(logger, {
    nowMs: () => clock.nowMs(),
    maxKeys: inventory.current().length + 1,
  });
  const samples = createLedger(telemetry.registry, SERVICE, 'samples');
  const polls = createLedger(telemetry.registry, SERVICE, 'polls');
  const routers = inventory.current().filter((router): router is ApiRouter => router.api !== undefined);
  let stopping: readonly AbortController[] = [];
  let running: Promise<unknown> = Promise.resolve();

  const publish = async (
    router: string,
    counters: readonly InterfaceCounters[],
    news: RouterNews,
  ): Promise<boolean> => {
    try {
      const records = [
        ...batch(topics.counters, router, counters),
        ...batch(topics.routerState, router, news.state ? [news.state] : []),
        ...batch(topics.wanEvents, router, news.events),
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

  return {
    name: SERVICE,
    async start() {
      telemetry.setHealth(SERVICE, true);
      const loops = routers.map((router) => ({ router, stop: new AbortController() }));
      stopping = loops.map((loop) => loop.stop);
      running = Promise.all(
        loops.map(({ router, stop }) =>
          pollRouter(
            config,
            router,
            {
              publish: (counters, news) => publish(router.name, counters, news),
              samples,
              polls,
              clock,
              warn: limited.warn,
            },
            stop.signal,
          ),
        ),
      );
    },
    async stop() {
      for (const controller of stopping) controller.abort();
      await running;
    },
  };
}

/** The records as one value of the log; none when there are none. */
function batch<T>(topic: Topic<T>, key: string, records: readonly T[]): NewRecord[] {
  if (records.length === 0) return [];
  const codec: Codec<T> = topic.codec;
  return [{ topic: topic.name, key, value: encodeFrames(codec, records) }];
}
