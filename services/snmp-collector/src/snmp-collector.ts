import type { EventLog } from '@fairlead/event-log';
import {
  type Clock,
  createPerRouter,
  encodeFrames,
  type EventKind,
  type InventorySource,
  type Router,
  Severity,
  type WanEvent,
} from '@fairlead/model';
import {
  backoffMs,
  type Component,
  createLedger,
  createRateLimitedLog,
  pause,
  type Telemetry,
} from '@fairlead/runtime';
import {
  createInterfacePoller,
  createSnmpSession,
  type InterfacePoller,
  type SnmpSession,
} from '@fairlead/snmp';
import { topics } from '@fairlead/topics';
import type { SnmpCollectorConfig } from './config.ts';
import { nextTick } from './next-tick.ts';
import { toCounters } from './to-counters.ts';

const SERVICE = 'snmp-collector';

export interface SnmpCollectorDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Fractional part of the golden ratio. */
const GOLDEN_SECTION = 0.618_033_988_749_895;

type SnmpRouter = Router & { readonly snmp: NonNullable<Router['snmp']> };

const hasSnmp = (router: Router): router is SnmpRouter => router.snmp !== undefined;

/**
 * Polls the WAN interfaces of every router that has `snmp`, each in a loop of its own: one poll under way, missed ticks
 * skipped, pauses that grow while the router does not answer. A router that is down delays no other.
 */
export function createSnmpCollector(
  config: SnmpCollectorConfig,
  { log, inventory, clock, telemetry }: SnmpCollectorDeps,
): Component {
  const limited = createRateLimitedLog(telemetry.log.child({ service: SERVICE }), {
    nowMs: () => clock.monotonicMs(),
  });
  const samples = createLedger(telemetry.registry, SERVICE, 'samples');
  const events = createLedger(telemetry.registry, SERVICE, 'events');
  let started = 0;
  const loops = createPerRouter(inventory, (router) => {
    if (!hasSnmp(router)) return undefined;
    const stopping = new AbortController();
    // The polls of a fleet are spread over the interval: successive multiples of the golden section lie far apart.
    const startAfterMs = ((started * GOLDEN_SECTION) % 1) * router.snmp.intervalMs;
    started += 1;
    const loop = watch(router, startAfterMs, stopping.signal);
    return {
      stop: async () => {
        stopping.abort();
        await loop;
      },
    };
  });

  async function watch(router: SnmpRouter, startAfterMs: number, signal: AbortSignal): Promise<void> {
    const { intervalMs } = router.snmp;
    const isStopping = (): boolean => signal.aborted;
    let failures = 0;
    let connection: { readonly session: SnmpSession; readonly poller: InterfacePoller } | undefined;
    const disconnect = (): void => connection?.session.close();
    signal.addEventListener('abort', disconnect);
    await pause(startAfterMs, signal);
    const startedMs = clock.monotonicMs();
    while (!isStopping()) {
      try {
        connection ??= connect(router);
        await store(router, await connection.poller.poll());
        if (failures > 0) await report(router, 'router-reachable', Severity.INFO, 'answers SNMP again');
        failures = 0;
        await pause(nextTick(startedMs, intervalMs, clock.monotonicMs()) - clock.monotonicMs(), signal);
      } catch (error) {
        if (isStopping()) break;
        disconnect();
        connection = undefined;
        failures += 1;
        const reason = error instanceof Error ? error.message : String(error);
        limited.warn(router.name, { router: router.name, err: error, failures }, 'snmp poll failed');
        if (failures === 1) {
          await report(router, 'router-unreachable', Severity.ERROR, `SNMP poll failed: ${reason}`);
        }
        const maxMs = Math.max(config.maxBackoffMs, intervalMs);
        await pause(backoffMs(failures, { baseMs: intervalMs, maxMs }), signal);
      }
    }
    disconnect();
    signal.removeEventListener('abort', disconnect);
  }

  function connect({ address, snmp, wans }: SnmpRouter): { session: SnmpSession; poller: InterfacePoller } {
    const session = createSnmpSession({
      host: address,
      port: snmp.port,
      community: snmp.community.reveal(),
      timeoutMs: snmp.timeoutMs,
      retries: config.retries,
      maxRepetitions: config.maxRepetitions,
    });
    const wanted = [...new Set(wans.map((wan) => wan.interface))];
    return { session, poller: createInterfacePoller(session, { clock, wanted }) };
  }

  async function store(
    router: SnmpRouter,
    polls: Awaited<ReturnType<InterfacePoller['poll']>>,
  ): Promise<void> {
    const counters = polls.flatMap((poll) => toCounters(router.name, poll));
    const missing = router.wans.filter(
      (wan) => !counters.some((sample) => sample.interface === wan.interface),
    );
    if (missing.length > 0) {
      const interfaces = missing.map((wan) => wan.interface);
      limited.warn(
        `${router.name}/missing`,
        { router: router.name, interfaces },
        'the agent has no such interfaces',
      );
    }
    if (counters.length === 0) return;
    samples.received(counters.length);
    try {
      const value = encodeFrames(topics.counters.codec, counters);
      await log.append([{ topic: topics.counters.name, key: router.name, value }]);
      samples.stored(counters.length);
      telemetry.setHealth(SERVICE, true);
    } catch (error) {
      samples.dropped('append-failed', counters.length);
      telemetry.setHealth(SERVICE, false, 'the event log takes no samples');
      limited.warn('append', { err: error, router: router.name }, 'samples not stored');
    }
  }

  async function report(
    router: SnmpRouter,
    kind: EventKind,
    severity: Severity,
    what: string,
  ): Promise<void> {
    const timeMs = clock.nowMs();
    const event: WanEvent = {
      id: `${router.name}//${kind}/${timeMs}`,
      timeMs,
      site: router.site,
      router: router.name,
      wan: '',
      kind,
      severity,
      message: `${router.name}: ${what}`,
    };
    events.received();
    try {
      const value = encodeFrames(topics.wanEvents.codec, [event]);
      await log.append([{ topic: topics.wanEvents.name, key: router.name, value }]);
      events.stored();
    } catch (error) {
      events.dropped('append-failed');
      limited.warn('append', { err: error, router: router.name }, 'event not stored');
    }
  }

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics([topics.counters, topics.wanEvents]);
      loops.start();
    },
    async stop() {
      await loops.stop();
    },
  };
}
