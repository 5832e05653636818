import { AppendError, type EventLog, type NewRecord } from '@fairlead/event-log';
import { type Clock, encodeFrames, type Inventory } from '@fairlead/model';
import {
  backoffMs,
  type Component,
  createLedger,
  createRateLimitedLog,
  pause,
  type Telemetry,
} from '@fairlead/runtime';
import type { Topic } from '@fairlead/topics';
import { Gauge, type Registry } from 'prom-client';
import { type Batch, createBatchQueue } from './batch-queue.ts';
import type { UdpIntakeConfig } from './config.ts';
import { type DatagramSocket, openDatagramSocket } from './datagram-socket.ts';
import { readKernelDrops } from './kernel-drops.ts';
import { createSources, type Source } from './sources.ts';

/** One datagram as it came in. */
export interface Datagram {
  /** When it was taken from the socket, Unix milliseconds. */
  readonly timeMs: number;
  readonly source: Source;
  readonly sourcePort: number;
  readonly payload: Uint8Array;
}

/** What a collector decides about its datagrams. */
export interface UdpIntakePurpose<T> {
  /** Name of the service in logs, metrics and health. */
  readonly service: string;
  /** Part of the configuration that names the port. */
  readonly section: string;
  readonly topic: Topic<T>;
  /** Key of the record in the log. */
  readonly keyOf: (source: Source) => string;
  /** The record of a datagram; runs behind the queue, not while the socket is emptied. Must not throw. */
  readonly toRecord: (datagram: Datagram) => T;
}

export interface UdpIntakeDeps {
  readonly log: EventLog;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface UdpIntake extends Component {
  /** Where it listens. @throws Error before start() */
  address(): { readonly address: string; readonly port: number };
}

/** What a record takes beside its payload, in memory and in the log, so that many tiny datagrams are not for free. */
const RECORD_BYTES = 128;
/** Bytes of one append; many sources share it, and one append is under way at a time, so that a key keeps its order. */
const APPEND_BYTES = 4 * 2 ** 20;
const KERNEL_DROPS_INTERVAL_MS = 5_000;

/**
 * Empties a UDP socket into the event log: stamps, looks up the router, queues; a flusher batches by key and appends.
 * The ledger (unit `datagrams`) balances at rest: received = stored + dropped by reason, where the reasons are
 * `empty`, `oversize`, `queue-full`, `append-failed` (not worth a retry) and `stopped` (the log did not take it before
 * the drain deadline).
 */
export function createUdpIntake<T>(
  config: UdpIntakeConfig,
  purpose: UdpIntakePurpose<T>,
  { log, inventory, clock, telemetry }: UdpIntakeDeps,
): UdpIntake {
  const { service, topic } = purpose;
  const logger = telemetry.log.child({ service });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const ledger = createLedger(telemetry.registry, service, 'datagrams');
  const gauges = createGauges(telemetry.registry);
  const queue = createBatchQueue<Datagram>(config);
  const sourceOf = createSources(inventory);
  const giveUp = new AbortController();

  let socket: DatagramSocket | undefined;
  let lingerTimer: NodeJS.Timeout | undefined;
  let kernelDropsTimer: NodeJS.Timeout | undefined;
  let appending: Promise<void> | undefined;
  // Counted in plain numbers and booked once in a linger: a metric costs more than the rest of the handler.
  let arrived = 0;
  const refused = { empty: 0, oversize: 0, 'queue-full': 0 };

  function onDatagram(payload: Uint8Array, from: { readonly address: string; readonly port: number }): void {
    const timeMs = clock.nowMs();
    arrived += 1;
    lingerTimer ??= setTimeout(flush, config.lingerMs);
    if (payload.length === 0) {
      refused.empty += 1;
      return;
    }
    if (payload.length > config.maxDatagramBytes) {
      refused.oversize += 1;
      return;
    }
    const source = sourceOf(from.address);
    const datagram = { timeMs, source, sourcePort: from.port, payload };
    if (!queue.push(purpose.keyOf(source), datagram, payload.length + RECORD_BYTES))
      refused['queue-full'] += 1;
    else if (queue.sealed > 0) pump();
  }

  function flush(): void {
    clearTimeout(lingerTimer);
    lingerTimer = undefined;
    ledger.received(arrived);
    arrived = 0;
    for (const reason of ['empty', 'oversize', 'queue-full'] as const) {
      if (refused[reason] === 0) continue;
      ledger.dropped(reason, refused[reason]);
      warnings.warn(reason, { reason, datagrams: refused[reason] }, 'datagrams dropped');
      refused[reason] = 0;
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
      const outcome = await store(batches);
      if (giveUp.signal.aborted) return;
      const datagrams = batches.reduce((sum, batch) => sum + batch.items.length, 0);
      if (outcome === 'stored') ledger.stored(datagrams);
      else ledger.dropped(outcome, datagrams);
      queue.release(batches);
    }
  }

  /** Tries until the log has taken the batches or stopping gives up; the queue is the bound meanwhile. */
  async function store(batches: readonly Batch<Datagram>[]): Promise<'stored' | 'append-failed'> {
    for (let failures = 1; ; failures += 1) {
      try {
        await log.append(batches.map(toNewRecord));
        telemetry.setHealth(service, true);
        return 'stored';
      } catch (error) {
        telemetry.setHealth(service, false, 'the event log does not take records');
        warnings.warn('append', { err: error, failures }, 'append failed');
        if (!(error instanceof AppendError) || giveUp.signal.aborted) return 'append-failed';
      }
      await pause(backoffMs(failures, { baseMs: 50, maxMs: 5_000 }), giveUp.signal);
    }
  }

  function toNewRecord({ key, items }: Batch<Datagram>): NewRecord {
    return { topic: topic.name, key, value: encodeFrames(topic.codec, items.map(purpose.toRecord)) };
  }

  async function updateKernelDrops(): Promise<void> {
    if (!socket) return;
    const drops = await readKernelDrops(socket.address.address, socket.address.port);
    if (drops !== undefined) gauges.kernelDrops.set({ service }, drops);
  }

  return {
    name: service,
    address() {
      if (!socket) throw new Error(`${service} is not started`);
      return socket.address;
    },
    async start() {
      await log.ensureTopics([topic]);
      socket = await openDatagramSocket(config, purpose.section, {
        onDatagram,
        onError(error) {
          logger.error({ err: error }, 'socket error');
        },
      });
      gauges.receiveBuffer.set({ service }, socket.grantedBytes);
      if (socket.grantedBytes < config.receiveBufferBytes) {
        logger.warn(
          { askedBytes: config.receiveBufferBytes, grantedBytes: socket.grantedBytes },
          `receive buffer cut by the kernel; raise it with: sysctl -w net.core.rmem_max=${config.receiveBufferBytes}`,
        );
      }
      await updateKernelDrops();
      kernelDropsTimer = setInterval(() => void updateKernelDrops(), KERNEL_DROPS_INTERVAL_MS);
      telemetry.setHealth(service, true);
      logger.info({ ...socket.address, receiveBufferBytes: socket.grantedBytes }, 'listening');
    },
    async stop() {
      if (!socket) return;
      clearInterval(kernelDropsTimer);
      await updateKernelDrops();
      const closing = socket.close();
      socket = undefined;
      await closing;
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

function createGauges(registry: Registry): { receiveBuffer: Gauge; kernelDrops: Gauge } {
  const gauge = (name: string, help: string): Gauge => {
    const existing = registry.getSingleMetric(name);
    if (existing) return existing as Gauge;
    return new Gauge({ name, help, labelNames: ['service'], registers: [registry] });
  };
  return {
    receiveBuffer: gauge(
      'fairlead_udp_receive_buffer_bytes',
      'Receive buffer that the kernel granted, by service.',
    ),
    kernelDrops: gauge(
      'fairlead_udp_kernel_drops',
      'Datagrams that the kernel dropped because the receive buffer was full, by service.',
    ),
  };
}
