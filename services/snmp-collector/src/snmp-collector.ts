import type { EventLog } from '@fairlead/event-log';
import { type Clock, createPerRouter, type InventorySource } from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { createSnmpTransport } from '@fairlead/snmp';
import { topics } from '@fairlead/topics';
import { Histogram } from 'prom-client';
import { hasSnmp } from './agent-access.ts';
import type { SnmpCollectorConfig } from './config.ts';
import { createRecordStore } from './record-store.ts';
import { watchRouter } from './watch-router.ts';

const SERVICE = 'snmp-collector';

export interface SnmpCollectorDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Fractional part of the golden ratio. */
const GOLDEN_SECTION = 0.618_033_988_749_895;

/**
 * Polls the WAN interfaces and the sensors of every router that has `snmp`, each in a loop of its own. A router that is
 * down, slow or hostile delays no other.
 */
export function createSnmpCollector(
  config: SnmpCollectorConfig,
  { log, inventory, clock, telemetry }: SnmpCollectorDeps,
): Component {
  const limited = createRateLimitedLog(telemetry.log.child({ service: SERVICE }), {
    nowMs: () => clock.monotonicMs(),
  });
  const datagrams = createLedger(telemetry.registry, SERVICE, 'datagrams');
  const pollSeconds = new Histogram({
    name: 'fairlead_snmp_poll_seconds',
    help: 'Time of a poll, from when it was due until the event log had its counters.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [telemetry.registry],
  });
  const transport = createSnmpTransport({
    received: () => datagrams.received(),
    decoded: () => datagrams.decoded(),
    dropped: (fault) => datagrams.dropped(fault),
  });
  const deps = {
    config,
    transport,
    clock,
    store: createRecordStore(SERVICE, { log, clock, telemetry }, limited),
    limited,
    polls: createLedger(telemetry.registry, SERVICE, 'polls'),
    values: createLedger(telemetry.registry, SERVICE, 'values'),
    onPolled: (elapsedMs: number) => pollSeconds.observe(elapsedMs / 1_000),
  };
  let started = 0;
  const loops = createPerRouter(inventory, (router) => {
    if (!hasSnmp(router)) return undefined;
    const stopping = new AbortController();
    // The polls of a fleet are spread over the interval: successive multiples of the golden section lie far apart.
    const startAfterMs = ((started * GOLDEN_SECTION) % 1) * router.snmp.intervalMs;
    started += 1;
    const loop = watchRouter(router, startAfterMs, deps, stopping.signal);
    return {
      stop: async () => {
        stopping.abort();
        await loop;
      },
    };
  });

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics([topics.counters, topics.sensors, topics.wanEvents]);
      loops.start();
    },
    async stop() {
      await loops.stop();
      transport.close();
    },
  };
}
