import type { EventLog } from '@fairlead/event-log';
import type { Clock, InventorySource } from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { createBatchAppender } from './batch-appender.ts';
import { createBatchQueue } from './batch-queue.ts';
import type { UdpIntakeConfig } from './config.ts';
import { followRouters } from './follow-routers.ts';
import type { Datagram, UdpIntakePurpose } from './purpose.ts';
import { gatherRecords } from './record-gatherer.ts';
import { createRouterAddresses, type LookUp } from './router-addresses.ts';
import { createSources, type Source } from './sources.ts';
import { TurnClock } from './turn-clock.ts';
import { createUdpListener } from './udp-listener.ts';
import { createUdpMetrics } from './udp-metrics.ts';

export interface UdpIntakeDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How host names of the inventory are resolved; the system's resolver unless given. */
  readonly lookUp?: LookUp;
}

export interface UdpIntake extends Component {
  /** Where it listens; the first of several. @throws Error before start() */
  address(): { readonly address: string; readonly port: number };
  /** The router that has an address; '' when none has it. IPv4 as dotted quad. */
  routerOf(address: string): string;
}

/** What a record takes beside its payload, in memory and in the log, so that many tiny datagrams are not for free. */
const RECORD_BYTES = 128;
/** How long stopping reads what the sockets still hold. */
const EMPTY_SOCKETS_MS = 500;
/** How long the resolver may take for a name, and starting waits for all of them. */
const NAMES_DEADLINE_MS = 2_000;
const NOTHING: Uint8Array = new Uint8Array();
const NOBODY: Source = { address: NOTHING, text: '', router: '' };
const REASONS = ['empty', 'oversize', 'not-allowed', 'rate-limited', 'queue-full'] as const;

/**
 * Empties UDP sockets into the event log: stamps, looks up the router, queues; a flusher batches by key and appends.
 * The ledger (unit `datagrams`) balances at rest: received = stored + dropped by reason, where the reasons are `empty`,
 * `oversize`, `not-allowed`, `rate-limited`, `queue-full`, `append-failed` (not worth a retry) and `stopped` (the log did
 * not take it before the drain deadline). Stopping refuses new datagrams and takes those that the sockets still hold.
 */
export function createUdpIntake<T>(
  config: UdpIntakeConfig,
  purpose: UdpIntakePurpose<T>,
  { log, inventory, clock, telemetry, lookUp }: UdpIntakeDeps,
): UdpIntake {
  const { service, topic, keyOf } = purpose;
  const { lingerMs, maxDatagramBytes } = config;
  const logger = telemetry.log.child({ service });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const ledger = createLedger(telemetry.registry, service, 'datagrams');
  const metrics = createUdpMetrics(telemetry.registry);
  const queue = createBatchQueue<Datagram>(
    config,
    'gather' in purpose ? purpose.gather : () => gatherRecords(topic.codec, purpose.toRecord),
  );
  const routers = createRouterAddresses(inventory.current(), {
    warnings,
    deadlineMs: NAMES_DEADLINE_MS,
    ...(lookUp && { lookUp }),
  });
  const sources = createSources(config, routers, clock.monotonicMs);
  const listener = createUdpListener(config, {
    service,
    section: purpose.section,
    onDatagram,
    logger,
    warnings,
    metrics,
  });
  const appender = createBatchAppender({
    ...{ log, topic: topic.name, queue, ledger, warnings },
    onHealth: (isHealthy, detail) => telemetry.setHealth(service, isHealthy, detail),
  });

  let unfollow: (() => void) | undefined;
  let lingerTimer: NodeJS.Timeout | undefined;
  // Counted in plain numbers and booked once in a linger: a metric costs more than the rest of the handler.
  let arrived = 0;
  const refused = { empty: 0, oversize: 0, 'not-allowed': 0, 'rate-limited': 0, 'queue-full': 0 };
  const turnClock = new TurnClock(clock);
  // One for all, because who gathers keeps nothing of it.
  const current = { timeMs: 0, source: NOBODY, sourcePort: 0, payload: NOTHING };

  function onDatagram(payload: Uint8Array, from: { readonly address: string; readonly port: number }): void {
    arrived += 1;
    lingerTimer ??= setTimeout(flush, lingerMs);
    const reason = take(payload, from);
    if (reason !== undefined) refused[reason] += 1;
  }

  /** Queues a datagram, or says why not. */
  function take(
    payload: Uint8Array,
    from: { readonly address: string; readonly port: number },
  ): keyof typeof refused | undefined {
    if (payload.length === 0) return 'empty';
    if (payload.length > maxDatagramBytes) return 'oversize';
    const source = sources.admit(from.address, from.port);
    if (typeof source === 'string') return source;
    current.timeMs = turnClock.nowMs();
    current.source = source;
    current.sourcePort = from.port;
    current.payload = payload;
    if (!queue.push(keyOf(source), current, payload.length + RECORD_BYTES)) return 'queue-full';
    if (queue.sealed > 0) appender.pump();
    return undefined;
  }

  function flush(): void {
    clearTimeout(lingerTimer);
    lingerTimer = undefined;
    ledger.received(arrived);
    arrived = 0;
    for (const reason of REASONS) {
      if (refused[reason] === 0) continue;
      ledger.dropped(reason, refused[reason]);
      warnings.warn(reason, { reason, datagrams: refused[reason] }, 'datagrams dropped');
      refused[reason] = 0;
    }
    const evicted = sources.takeEvicted();
    if (evicted > 0) {
      metrics.evictedSources.inc({ service }, evicted);
      warnings.warn('evicted', { sources: evicted }, 'more source addresses than are remembered');
    }
    queue.seal();
    appender.pump();
  }

  return {
    name: service,
    routerOf: (address) => routers.routerOf(address),
    address() {
      const [first] = listener.addresses;
      if (!first) throw new Error(`${service} is not started`);
      return first;
    },
    async start() {
      await log.ensureTopics([topic]);
      unfollow = await followRouters({
        ...{ routers, inventory, resolveIntervalMs: config.resolveIntervalMs },
        startDeadlineMs: NAMES_DEADLINE_MS,
        onChange: () => sources.forget(),
      });
      try {
        await listener.open();
      } catch (error) {
        unfollow();
        throw error;
      }
      telemetry.setHealth(service, true);
    },
    async stop() {
      unfollow?.();
      if (listener.addresses.length === 0) return;
      await listener.close(EMPTY_SOCKETS_MS);
      flush();
      await appender.drain(config.drainMs);
      if (queue.count > 0) {
        logger.warn({ datagrams: queue.count }, 'stopped before the event log took everything');
        ledger.dropped('stopped', queue.count);
      }
    },
  };
}
