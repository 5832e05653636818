import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIVE_SUBPROTOCOL, liveLimits } from '@fairlead/live-protocol';
import type { RateLimitedLog } from '@fairlead/runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import { admit, type AdmissionRules, answerRefusal, pathOf } from './admission.ts';
import type { GatewayMetrics } from './metrics.ts';
import { Session, type SessionHub } from './session.ts';

/** Each client is pinged once in so many seconds, a part of them every second. */
const PING_SLOTS = 20;
/** How long a client has to answer a close before its socket is cut. */
const CLOSE_GRACE_MS = 500;
/** The same for one that is behind, so that it can read up to the reason. */
const SLOW_GRACE_MS = 10_000;
/** After a restart clients are asked to come back over this time, and one so much longer, */
const LEAST_SPREAD_MS = 500;
const SPREAD_MS_OF_CLIENT = 0.6;
/** but not over more than this. */
const MOST_RETRY_MS = 15_000;

interface Client {
  readonly ws: WebSocket;
  readonly session: Session;
  readonly slot: number;
  /** Whether it has answered since the last ping. */
  isAlive: boolean;
}

/** The open sockets: who is let in, who still answers, and how they end. */
export interface SocketDoor {
  sessions(): Iterable<Session>;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Pings some of the clients, ends those that did not answer, and those that overran a deadline. Each second. */
  keepHouse(): void;
  /** Lets nobody in any more, ends all sockets, and spreads the time at which the clients come back. */
  close(): Promise<void>;
}

export function createSocketDoor(
  rules: AdmissionRules,
  hub: SessionHub,
  options: {
    readonly metrics: GatewayMetrics;
    readonly warnings: RateLimitedLog;
    /** The socket is a WebSocket from now on. */
    readonly release: (socket: Duplex) => void;
  },
): SocketDoor {
  const { metrics, warnings, release } = options;
  const clients = new Set<Client>();
  const clientsOf = new Map<string, number>();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: liveLimits.messageBytes,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });
  let isClosing = false;
  let accepted = 0;
  let second = 0;

  const end = (ws: WebSocket, code: number, reason: string): void => {
    ws.close(code, reason);
    setTimeout(() => ws.terminate(), code === 4008 ? SLOW_GRACE_MS : CLOSE_GRACE_MS).unref();
  };

  const accept = (ws: WebSocket, socket: Duplex, address: string): void => {
    release(socket);
    // Whole frames, made once for all clients, go to the socket itself. Without compression ws writes its own frames at
    // once, so they never mix.
    const session = new Session({ sink: socket, close: (code, reason) => end(ws, code, reason) }, hub);
    const client: Client = { ws, session, slot: (accepted += 1) % PING_SLOTS, isAlive: true };
    clients.add(client);
    clientsOf.set(address, (clientsOf.get(address) ?? 0) + 1);
    metrics.clients(clients.size);
    ws.on('pong', () => {
      client.isAlive = true;
    });
    ws.on('message', (data: Buffer, isBinary) => {
      if (ws.readyState === ws.OPEN) session.receive(isBinary ? undefined : data.toString());
    });
    ws.on('error', (error) => {
      session.ended();
      warnings.warn('socket', { address, err: error }, 'socket failed');
    });
    // A client that says goodbye gets nothing any more, long before its socket is closed.
    socket.once('end', () => session.ended());
    ws.on('close', (code) => {
      session.ended();
      metrics.closed(code);
      clients.delete(client);
      const left = (clientsOf.get(address) ?? 1) - 1;
      if (left > 0) clientsOf.set(address, left);
      else clientsOf.delete(address);
      metrics.clients(clients.size);
    });
    if (ws.protocol !== LIVE_SUBPROTOCOL) session.close(4406, `ask for the subprotocol ${LIVE_SUBPROTOCOL}`);
  };

  return {
    *sessions() {
      for (const { session } of clients) yield session;
    },
    onUpgrade(request, socket, head) {
      const address = request.socket.remoteAddress ?? '';
      const refusal = isClosing
        ? { status: 503, reason: 'stopping', text: 'The server is stopping.' }
        : admit(
            {
              path: pathOf(request),
              host: request.headers.host,
              origin: request.headers.origin,
              clients: clients.size,
              clientsOfAddress: clientsOf.get(address) ?? 0,
            },
            rules,
          );
      if (refusal) {
        metrics.refused(refusal.reason);
        warnings.warn(`refused:${refusal.reason}`, { address, reason: refusal.reason }, 'client refused');
        socket.on('error', () => socket.destroy());
        answerRefusal(request.socket, refusal);
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, address));
    },
    keepHouse() {
      second += 1;
      const slot = second % PING_SLOTS;
      for (const client of clients) {
        client.session.checkDeadlines();
        client.session.checkGrant();
        if (client.slot !== slot) continue;
        if (client.isAlive) {
          client.isAlive = false;
          client.ws.ping();
        } else {
          client.session.close(4012, 'no pong');
        }
      }
    },
    async close() {
      isClosing = true;
      const spreadMs = Math.min(MOST_RETRY_MS, LEAST_SPREAD_MS + clients.size * SPREAD_MS_OF_CLIENT);
      const ended = [...clients].map((client) => new Promise((resolve) => client.ws.once('close', resolve)));
      for (const { session, ws } of clients) {
        session.ended();
        end(ws, 4001, JSON.stringify({ retryMs: Math.round(200 + Math.random() * spreadMs) }));
      }
      await Promise.all(ended);
    },
  };
}
