import type { EventLog } from '@fairlead/event-log';
import { addressFromBytes, addressToBytes, type Clock } from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, pause, type Telemetry } from '@fairlead/runtime';
import type { Topic } from '@fairlead/topics';
import type { Socket } from 'node:net';
import type { StreamLimits, TcpListenerConfig, TlsListenerConfig } from './config.ts';
import { type Connection, createConnection, type EndReason, type Frames } from './connection.ts';
import {
  type Listener,
  type ListenerHandlers,
  openTcpListener,
  openTlsListener,
  type Transport,
} from './listener.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { createRecordWriter, type RecordWriter } from './record-writer.ts';
import { readServerCertificate } from './server-certificate.ts';
import { createStreamMetrics } from './stream-metrics.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  /** Text of its address; IPv4 as dotted quad also where the socket says ::ffff:a.b.c.d. */
  readonly address: string;
  /** 16 bytes. */
  readonly addressBytes: Uint8Array;
  readonly certificate?: PeerCertificate | undefined;
}

/** One message as it came in. */
export interface StreamMessage {
  /** When its last bytes were read, Unix milliseconds. */
  readonly timeMs: number;
  readonly peer: Peer;
  /** May share memory with other messages. */
  readonly payload: Uint8Array;
}

/** What a collector decides about its connections and messages. */
export interface StreamIntakePurpose<T> {
  /** Name of the service in logs, metrics and health. */
  readonly service: string;
  /** Part of the configuration that has `tcp` and `tls`. */
  readonly section: string;
  readonly topic: Topic<T>;
  readonly createFrames: (limits: StreamLimits) => Frames;
  /** Whether the peer may send; asked before a TLS handshake, and again with the certificate if there is one. */
  readonly isAllowed: (peer: Peer, isFinal: boolean) => boolean;
  /** Whether a certificate that no CA signed is known. */
  readonly isPinned: (fingerprint256: string) => boolean;
  /** Key of the records of a peer in the log. */
  readonly keyOf: (peer: Peer) => string;
  /** Runs behind the queue. Must not throw. */
  readonly toRecord: (message: StreamMessage) => T;
}

export interface StreamIntakeConfig {
  readonly tcp?: TcpListenerConfig | undefined;
  readonly tls?: TlsListenerConfig | undefined;
  /** Where a listener does not say it. */
  readonly host: string | readonly string[];
  readonly limits: StreamLimits;
}

export interface StreamIntakeDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface StreamIntake extends Component {
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
  /** Open sockets by address, those within a handshake too. */
  const socketsOf = new Map<string, number>();
  let sockets = 0;
  let listeners: readonly Listener[] = [];
  let sweepTimer: NodeJS.Timeout | undefined;
  const writer: RecordWriter<T> = createRecordWriter({
    ...{ log, topic: purpose.topic, ledger, warnings },
    ...{ queueBytes: limits.queueBytes, lingerMs: limits.lingerMs },
    onHealth: (isHealthy, detail) => telemetry.setHealth(service, isHealthy, detail),
    onProgress: () => {
      for (const connection of connections.keys()) connection.resume();
    },
  });

  function refused(transport: Transport, reason: string, peer?: Peer): void {
    metrics.refused.inc({ service, transport, reason });
    warnings.warn(reason, { transport, reason, address: peer?.address }, 'connection refused or ended');
  }

  function admit(socket: Socket, transport: Transport): boolean {
    const peer = peerOf(socket);
    // It has gone before it was looked at.
    if (!peer) return false;
    const open = socketsOf.get(peer.address) ?? 0;
    const reason = purpose.isAllowed(peer, transport === 'tcp')
      ? sockets >= limits.maxConnections
        ? 'too-many'
        : open >= limits.maxConnectionsPerAddress && 'too-many-of-address'
      : 'not-allowed';
    if (reason !== false) {
      refused(transport, reason, peer);
      return false;
    }
    sockets += 1;
    socketsOf.set(peer.address, open + 1);
    metrics.connections.inc({ service, transport });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets -= 1;
      metrics.connections.dec({ service, transport });
      const left = (socketsOf.get(peer.address) ?? 1) - 1;
      if (left > 0) socketsOf.set(peer.address, left);
      else socketsOf.delete(peer.address);
    });
    return true;
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
      writer.write({ key, bytes, onSettled, toRecord: () => purpose.toRecord({ timeMs, peer, payload }) });
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

  async function open(): Promise<readonly Listener[]> {
    const { tcp, tls } = config;
    const handlers: ListenerHandlers = {
      admit,
      onConnection,
      onRefused: (transport, reason) => refused(transport, reason),
      isPinned: purpose.isPinned,
    };
    const opened: Listener[] = [];
    try {
      if (tcp) {
        for (const place of placesOf(tcp, 'tcp', opened))
          opened.push(await openTcpListener(place(), handlers));
      }
      if (tls) {
        const certificate = await readServerCertificate(tls, `${purpose.section}.tls`);
        const { fingerprint256, isNew } = certificate;
        logger.info({ fingerprint256, isNew }, 'certificate of the TLS listener');
        const options = { ...tls, handshakeTimeoutMs: limits.messageTimeoutMs };
        for (const place of placesOf(tls, 'tls', opened)) {
          opened.push(await openTlsListener(place(), certificate, options, handlers));
        }
      }
      return opened;
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
  }

  /** Where to listen; a free port that the first address was given is that of the others too. */
  function placesOf(
    { host, port }: Pick<TcpListenerConfig, 'host' | 'port'>,
    transport: Transport,
    opened: readonly Listener[],
  ) {
    const hosts = [host ?? config.host].flat();
    return hosts.map((one) => () => ({
      host: one,
      port: opened.find((listener) => listener.transport === transport)?.address.port ?? port,
      // Otherwise :: would take the port of 0.0.0.0 beside it.
      ipv6Only: hosts.some((other) => !other.includes(':')),
      section: `${purpose.section}.${transport}`,
    }));
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
    address: (transport) => listeners.find((listener) => listener.transport === transport)?.address,
    async start() {
      if (!config.tcp && !config.tls) return;
      await log.ensureTopics([purpose.topic]);
      listeners = await open();
      for (const { transport, address } of listeners) logger.info({ transport, ...address }, 'listening');
      sweepTimer = setInterval(sweep, Math.min(SWEEP_MS, Math.ceil(limits.quietMs / 5)));
    },
    async stop() {
      if (listeners.length === 0) return;
      clearInterval(sweepTimer);
      for (const listener of listeners) listener.close();
      listeners = [];
      await readToTheEnd();
      await writer.drain(limits.drainMs / 2);
    },
  };
}

/** Undefined when the connection is closed already. */
function peerOf({ remoteAddress }: Socket): Peer | undefined {
  if (remoteAddress === undefined) return undefined;
  const addressBytes = addressToBytes(remoteAddress);
  return { address: addressFromBytes(addressBytes), addressBytes };
}
