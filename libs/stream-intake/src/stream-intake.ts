import type { EventLog } from '@fairlead/event-log';
import type { Clock } from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, pause, type Telemetry } from '@fairlead/runtime';
import type { Socket } from 'node:net';
import { createAdmission } from './admission.ts';
import type { StreamLimits } from './config.ts';
import { type Connection, createConnection, type EndReason } from './connection.ts';
import type { Transport } from './listener.ts';
import { createListeners, type ListenersConfig } from './listeners.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { type Peer, peerOf } from './peer.ts';
import type { StreamIntakePurpose, StreamMessage } from './purpose.ts';
import { createRecordWriter, type RecordWriter } from './record-writer.ts';
import { createStreamMetrics } from './stream-metrics.ts';

export interface StreamIntakeConfig extends ListenersConfig {
  readonly limits: StreamLimits;
}

export interface StreamIntakeDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface StreamIntake extends Component {
  /** Reads the certificate of the TLS listener again, for new connections. Never rejects. */
  refresh(): Promise<void>;
  /** Where it listens; the first of several. Undefined when it does not. */
  address(transport: Transport): { readonly address: string; readonly port: number } | undefined;
}

/** What a record takes beside its payload. */
const RECORD_BYTES = 128;
/** How often the time of every connection is looked at, at most a fifth of the shortest limit. */
const SWEEP_MS = 250;
/** When stopping: what a sender had sent has arrived when nothing more came for so long. */
const SETTLED_MS = 100;

/**
 * Reads TCP and TLS connections into the event log. Nothing is dropped for want of room: what is not read yet waits in
 * the sender. The ledger (unit `messages`) balances at rest: received = stored + dropped by reason, where the reasons are
 * `too-long`, `append-failed` (not worth a retry) and `stopped` (the log did not take it before the drain deadline).
 */
export function createStreamIntake<T>(
  config: StreamIntakeConfig,
  purpose: StreamIntakePurpose<T>,
  { log, clock, telemetry }: StreamIntakeDeps,
): StreamIntake {
  const { service } = purpose;
  const { limits } = config;
  const logger = telemetry.log.child({ service });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const ledger = createLedger(telemetry.registry, service, 'messages');
  const metrics = createStreamMetrics(telemetry.registry);
  const connections = new Map<Connection, Transport>();
  let isOpen = false;
  let sweepTimer: NodeJS.Timeout | undefined;
  const writer: RecordWriter<StreamMessage> = createRecordWriter({
    ...{ log, topic: purpose.topic, toRecord: purpose.toRecord, ledger, warnings },
    ...{ queueBytes: limits.queueBytes, lingerMs: limits.lingerMs },
    onHealth: (isHealthy, detail) => telemetry.setHealth(service, isHealthy, detail),
    onProgress: () => {
      for (const connection of connections.keys()) connection.resume();
    },
  });

  const listeners = createListeners(config, {
    section: purpose.section,
    logger,
    handlers: {
      admit: createAdmission({
        limits,
        isAllowed: purpose.isAllowed,
        onRefused: refused,
        onOpened: (transport) => metrics.connections.inc({ service, transport }),
        onClosed: (transport) => metrics.connections.dec({ service, transport }),
      }),
      onConnection,
      onRefused: (transport, reason) => refused(transport, reason),
      isPinned: purpose.isPinned,
    },
  });

  function refused(transport: Transport, reason: string, peer?: Peer): void {
    metrics.refused.inc({ service, transport, reason });
    warnings.warn(reason, { transport, reason, address: peer?.address }, 'connection refused or ended');
  }

  function onConnection(socket: Socket, transport: Transport, certificate?: PeerCertificate): void {
    const found = peerOf(socket);
    const peer = found && { ...found, certificate };
    if (!peer || (transport === 'tls' && !purpose.isAllowed(peer, true))) {
      if (peer) refused(transport, 'not-allowed', peer);
      socket.destroy();
      return;
    }
    const connection = createConnection({
      socket,
      frames: purpose.createFrames(limits),
      nowMs: clock.monotonicMs,
      queueBytes: limits.connectionQueueBytes,
      quietMs: limits.quietMs,
      messageTimeoutMs: limits.messageTimeoutMs,
      idleTimeoutMs: limits.idleTimeoutMs,
      hasRoom: () => writer.hasRoom,
      onMessages: (messages, settle) => queue(peer, messages, settle),
      onTooLong: (count) => {
        ledger.received(count);
        ledger.dropped('too-long', count);
        warnings.warn('too-long', { address: peer.address, messages: count }, 'messages dropped');
      },
      onPause: () => metrics.pauses.inc({ service }),
    });
    connections.set(connection, transport);
    socket.once('close', () => connections.delete(connection));
  }

  function queue(peer: Peer, messages: readonly Uint8Array[], onSettled: (bytes: number) => void): number {
    ledger.received(messages.length);
    const timeMs = clock.nowMs();
    const key = purpose.keyOf(peer);
    let total = 0;
    for (const payload of messages) {
      const bytes = payload.length + RECORD_BYTES;
      total += bytes;
      writer.write({ key, bytes, onSettled, message: { timeMs, peer, payload } });
    }
    return total;
  }

  function sweep(): void {
    for (const [connection, transport] of connections) {
      const reason: EndReason | undefined = connection.check();
      if (reason === undefined) continue;
      refused(transport, reason, peerOf(connection.socket));
      connection.close();
    }
  }

  /** Says goodbye to the senders, and reads what they had sent before they heard it. */
  async function readToTheEnd(): Promise<void> {
    for (const { socket } of connections.keys()) socket.end();
    const deadlineMs = clock.monotonicMs() + limits.drainMs / 2;
    const lastMs = (): number => Math.max(0, ...[...connections.keys()].map(({ lastDataMs }) => lastDataMs));
    const startMs = clock.monotonicMs();
    while (connections.size > 0 && clock.monotonicMs() < deadlineMs) {
      if (clock.monotonicMs() - Math.max(startMs, lastMs()) >= SETTLED_MS) break;
      await pause(10);
    }
    for (const connection of [...connections.keys()]) connection.close();
  }

  return {
    name: `${service}-streams`,
    address: (transport) => listeners.address(transport),
    async refresh() {
      const outcome = await listeners.renewCertificate();
      if (outcome !== undefined) metrics.certificateReadings.inc({ service, outcome });
    },
    async start() {
      if (!config.tcp && !config.tls) return;
      await log.ensureTopics([purpose.topic]);
      await listeners.open();
      isOpen = true;
      sweepTimer = setInterval(sweep, Math.min(SWEEP_MS, Math.ceil(limits.quietMs / 5)));
    },
    async stop() {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(sweepTimer);
      listeners.close();
      await readToTheEnd();
      await writer.drain(limits.drainMs / 2);
    },
  };
}
