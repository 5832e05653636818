import { AppendError, type EventLog, type NewRecord } from '@fairlead/event-log';
import type { Clock, InventorySource } from '@fairlead/model';
import {
  backoffMs,
  type Component,
  createLedger,
  createRateLimitedLog,
  pause,
  type Telemetry,
} from '@fairlead/runtime';
import type { Topic } from '@fairlead/topics';
import { type Batch, createBatchQueue, type Gatherer } from './batch-queue.ts';
import type { UdpIntakeConfig } from './config.ts';
import { gatherRecords } from './record-gatherer.ts';
import { createRouterAddresses, type LookUp } from './router-addresses.ts';
import { createSources, type Source } from './sources.ts';
import { createUdpListener } from './udp-listener.ts';
import { createUdpMetrics } from './udp-metrics.ts';

/** One datagram as it came in. */
export interface Datagram {
  /** When it was taken from the socket, Unix milliseconds. */
  readonly timeMs: number;
  readonly source: Source;
  readonly sourcePort: number;
  readonly payload: Uint8Array;
}

/** What a collector decides about its datagrams, and how they become values of the log. */
export type UdpIntakePurpose<T> = UdpIntakeNames<T> &
  (
    | {
        /** The record of a datagram; runs behind the queue, not while the socket is emptied. Must not throw. */
        readonly toRecord: (datagram: Datagram) => T;
      }
    | {
        /** Gathers the datagrams of one value while the socket is emptied; for what is cheaper than keeping them. */
        readonly gather: () => Gatherer<Datagram>;
      }
  );

interface UdpIntakeNames<T> {
  /** Name of the service in logs, metrics and health. */
  readonly service: string;
  /** Part of the configuration that names the port. */
  readonly section: string;
  readonly topic: Topic<T>;
  /** Key of the record in the log. */
  readonly keyOf: (source: Source) => string;
}

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
/** Bytes of one append; many sources share it, and one append is under way at a time, so that a key keeps its order. */
const APPEND_BYTES = 4 * 2 ** 20;
/** How long stopping reads what the sockets still hold. */
const EMPTY_SOCKETS_MS = 500;
/** How long the resolver may take for a name, and starting waits for all of them. */
const NAMES_DEADLINE_MS = 2_000;
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
  const { service, topic } = purpose;
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
  const giveUp = new AbortController();

  let resolving: AbortController | undefined;
  let unfollow: (() => void) | undefined;
  let lingerTimer: NodeJS.Timeout | undefined;
  let appending: Promise<void> | undefined;
  // Counted in plain numbers and booked once in a linger: a metric costs more than the rest of the handler.
  let arrived = 0;
  const refused = { empty: 0, oversize: 0, 'not-allowed': 0, 'rate-limited': 0, 'queue-full': 0 };

  function onDatagram(payload: Uint8Array, from: { readonly address: string; readonly port: number }): void {
    arrived += 1;
    lingerTimer ??= setTimeout(flush, config.lingerMs);
    const reason = take(payload, from);
    if (reason !== undefined) refused[reason] += 1;
  }

  /** Queues a datagram, or says why not. */
  function take(
    payload: Uint8Array,
    from: { readonly address: string; readonly port: number },
  ): keyof typeof refused | undefined {
    if (payload.length === 0) return 'empty';
    if (payload.length > config.maxDatagramBytes) return 'oversize';
    const source = sources.admit(from.address);
    if (typeof source === 'string') return source;
    const datagram = { timeMs: clock.nowMs(), source, sourcePort: from.port, payload };
    if (!queue.push(purpose.keyOf(source), datagram, payload.length + RECORD_BYTES)) return 'queue-full';
    if (queue.sealed > 0) pump();
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
    pump();
  }

  function pump(): void {
    if (!appending && queue.sealed > 0) appending = appendAll();
  }

  async function appendAll(): Promise<void> {
    for (;;) {
      const batches = queue.take(APPEND_BYTES);
      if (batches.length === 0) {
        appending = undefined;
        return;
      }
      const { stored, failures } = await store(batches);
      if (giveUp.signal.aborted) return;
      const datagrams = batches.reduce((sum, { count }) => sum + count, 0);
      if (stored) ledger.stored(datagrams);
      else ledger.dropped('append-failed', datagrams);
      // An append that failed may still be under way, and read the values.
      queue.release(batches, failures === 0);
    }
  }

  /** Tries until the log has taken the batches or stopping gives up; the queue is the bound meanwhile. */
  async function store(batches: readonly Batch[]): Promise<{ stored: boolean; failures: number }> {
    const records: NewRecord[] = batches.map(({ key, finish }) => ({
      topic: topic.name,
      key,
      value: finish(),
    }));
    for (let failures = 0; ;) {
      try {
        await log.append(records);
        telemetry.setHealth(service, true);
        return { stored: true, failures };
      } catch (error) {
        failures += 1;
        telemetry.setHealth(service, false, 'the event log does not take records');
        warnings.warn('append', { err: error, failures }, 'append failed');
        if (!(error instanceof AppendError) || giveUp.signal.aborted) return { stored: false, failures };
      }
      await pause(backoffMs(failures, { baseMs: 50, maxMs: 5_000 }), giveUp.signal);
    }
  }

  async function resolveNames(): Promise<void> {
    if (await routers.resolve()) sources.forget();
  }

  /** Senders are met anew; what is under way and the sockets are not touched. */
  function followInventory(): void {
    unfollow = inventory.subscribe((change) => {
      routers.replace(change.inventory);
      sources.forget();
      void resolveNames();
    });
  }

  /** Resolves when the names are known or have had their time, and goes on by itself until the signal. */
  async function startResolving(signal: AbortSignal): Promise<void> {
    const first = resolveNames();
    void first.then(async () => {
      for (;;) {
        await pause(config.resolveIntervalMs, signal);
        if (signal.aborted) return;
        await resolveNames();
      }
    });
    await Promise.race([first, pause(NAMES_DEADLINE_MS, signal)]);
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
      followInventory();
      resolving = new AbortController();
      await startResolving(resolving.signal);
      await listener.open();
      telemetry.setHealth(service, true);
    },
    async stop() {
      resolving?.abort();
      unfollow?.();
      if (listener.addresses.length === 0) return;
      await listener.close(EMPTY_SOCKETS_MS);
      flush();
      const drained = new AbortController();
      await Promise.race([appending, pause(config.drainMs, drained.signal)]);
      drained.abort();
      giveUp.abort();
      if (queue.count > 0) {
        logger.warn({ datagrams: queue.count }, 'stopped before the event log took everything');
        ledger.dropped('stopped', queue.count);
      }
    },
  };
}
