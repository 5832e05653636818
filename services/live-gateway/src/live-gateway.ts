import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { EventLog, Subscription } from '@fairlead/event-log';
import { LIVE_SUBPROTOCOL, LIVE_VERSION, type LiveEvent, liveLimits } from '@fairlead/live-protocol';
import type { Clock, InventorySource } from '@fairlead/model';
import {
  type Component,
  createLedger,
  createRateLimitedLog,
  type HttpServer,
  type Telemetry,
} from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { type WebSocket, WebSocketServer } from 'ws';
import { admit, answerRefusal, pathOf } from './admission.ts';
import type { Channel } from './channel.ts';
import type { LiveGatewayConfig } from './config.ts';
import { createHostCheck } from './host-check.ts';
import { liveActuation, liveDecision, liveWanEvent } from './live-event.ts';
import { createLiveView, type Unfit } from './live-view.ts';
import { feedSource, followLog } from './log-feed.ts';
import { createGatewayMetrics } from './metrics.ts';
import { addPages, buildId, builtWallboard } from './pages.ts';
import { createSession, type Session, type SessionHub } from './session.ts';
import { encodeMessage } from './shared-frame.ts';

const SERVICE = 'live-gateway';
/** How much of the past is read at the start. */
const PAST_SAMPLES_MS = 5 * 60_000;
const PAST_SAMPLE_VALUES = 20_000;
const PAST_STATE_VALUES = 500;
const PAST_EVENT_VALUES = 200;
const HOUSEKEEPING_MS = 1_000;
const PING_MS = 20_000;
/** How long a client has to answer a close before its socket is cut. */
const CLOSE_GRACE_MS = 500;
/** After a restart clients are asked to come back over this time, and one so much longer, */
const LEAST_SPREAD_MS = 500;
const SPREAD_MS_OF_CLIENT = 0.6;
/** but not over more than this. */
const MOST_RETRY_MS = 15_000;

export interface LiveGatewayDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly http: HttpServer;
}

interface Client {
  readonly ws: WebSocket;
  readonly session: Session;
  /** Whether it has answered since the last ping. */
  alive: boolean;
}

/**
 * Shows the live state: folds the records of the log into channels and sends them over WebSocket, and serves the page.
 * It only reads; no message of a client changes anything.
 */
export function createLiveGateway(config: LiveGatewayConfig, deps: LiveGatewayDeps): Component {
  const { log, inventory, clock, telemetry, http } = deps;
  const logger = telemetry.log.child({ service: SERVICE });
  const warnings = createRateLimitedLog(logger);
  const metrics = createGatewayMetrics(telemetry.registry);
  const ledger = createLedger(telemetry.registry, SERVICE, 'records');
  const wallboard = resolve(config.wallboard ?? builtWallboard);
  const epoch = randomBytes(6).toString('hex');
  const view = createLiveView(inventory.current(), epoch);
  const channels = new Map<string, Channel>([
    ['wan/*', view.wans],
    ['routers', view.routers],
    ['events', view.events],
  ]);
  const clients = new Set<Client>();
  const clientsOf = new Map<string, number>();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: liveLimits.messageBytes,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });
  let build = 'none';
  let sessions = 0;
  let stopping = false;
  let timers: NodeJS.Timeout[] = [];
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;

  const hostAllowed = createHostCheck(config);

  addPages(http.app, {
    wallboard,
    view,
    nowMs: () => clock.nowMs(),
    simulated: config.simulated,
    hostAllowed,
  });
  // An HTTP server waits for its sockets when it closes, and does not know those that became WebSockets.
  http.app.addHook('preClose', closeClients);

  const hub: SessionHub = {
    epoch,
    channels,
    metrics,
    flush: () => {
      if (commit()) pump();
    },
    welcome: () => ({
      type: 'welcome',
      v: LIVE_VERSION,
      session: String((sessions += 1)),
      build,
      now: clock.nowMs(),
      tick: config.tickMs,
      simulated: config.simulated,
      limits: liveLimits,
    }),
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
  };

  function commit(): boolean {
    let changed = false;
    for (const channel of channels.values()) changed = channel.commit() || changed;
    return changed;
  }

  function pump(): void {
    for (const { session } of clients) session.pump();
  }

  function flush(): void {
    if (commit()) pump();
    else for (const { session } of clients) if (session.lagging) session.pump();
  }

  function tick(): void {
    const frame = encodeMessage({ type: 'tick', now: clock.nowMs() });
    for (const { session } of clients) session.tick(frame);
  }

  function ping(): void {
    for (const client of clients) {
      if (client.alive) {
        client.alive = false;
        client.ws.ping();
      } else {
        end(client, 4012, 'no pong');
      }
    }
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = request.socket.remoteAddress ?? '';
    const refusal = stopping
      ? { status: 503, reason: 'stopping', text: 'The server is stopping.' }
      : admit(
          {
            path: pathOf(request),
            host: request.headers.host,
            origin: request.headers.origin,
            clients: clients.size,
            clientsOfAddress: clientsOf.get(address) ?? 0,
          },
          { ...config, hostAllowed },
        );
    if (refusal) {
      metrics.refused(refusal.reason);
      warnings.warn(`refused:${refusal.reason}`, { address, reason: refusal.reason }, 'client refused');
      socket.on('error', () => socket.destroy());
      answerRefusal(socket, refusal);
      return;
    }
    server.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, address));
  }

  function accept(ws: WebSocket, socket: Duplex, address: string): void {
    const session = createSession(
      {
        get bufferedAmount() {
          return socket.writableLength;
        },
        // Whole frames, made once for all clients. Without compression ws writes its own at once, so they never mix.
        send: (frame) => {
          if (ws.readyState === ws.OPEN) socket.write(frame);
        },
        close: (code, reason) => end(client, code, reason),
      },
      hub,
    );
    const client: Client = { ws, session, alive: true };
    clients.add(client);
    clientsOf.set(address, (clientsOf.get(address) ?? 0) + 1);
    metrics.clients(clients.size);
    ws.on('pong', () => {
      client.alive = true;
    });
    ws.on('message', (data: Buffer, isBinary) => {
      if (ws.readyState === ws.OPEN) session.receive(isBinary ? undefined : data.toString());
    });
    ws.on('error', (error) => warnings.warn('socket', { address, err: error }, 'socket failed'));
    ws.on('close', (code) => {
      metrics.closed(code);
      clients.delete(client);
      const left = (clientsOf.get(address) ?? 1) - 1;
      if (left > 0) clientsOf.set(address, left);
      else clientsOf.delete(address);
      metrics.clients(clients.size);
    });
    if (ws.protocol !== LIVE_SUBPROTOCOL) end(client, 4406, `ask for the subprotocol ${LIVE_SUBPROTOCOL}`);
  }

  function end({ ws }: Client, code: number, reason: string): void {
    ws.close(code, reason);
    setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
  }

  /** Ends all sockets, and spreads the time at which the clients come back. */
  async function closeClients(): Promise<void> {
    stopping = true;
    const spreadMs = Math.min(MOST_RETRY_MS, LEAST_SPREAD_MS + clients.size * SPREAD_MS_OF_CLIENT);
    const ended = [...clients].map((client) => new Promise((resolve) => client.ws.once('close', resolve)));
    for (const client of clients) {
      end(client, 4001, JSON.stringify({ retryMs: Math.round(200 + Math.random() * spreadMs) }));
    }
    await Promise.all(ended);
  }

  function settle(unfit: Unfit | undefined): void {
    if (unfit === undefined) ledger.decoded();
    else ledger.dropped(unfit);
  }

  // Events of the past come topic after topic and are put in order of time; those of now come one by one.
  let past: LiveEvent[] | undefined = [];
  function takeEvent(event: LiveEvent): void {
    if (past) past.push(event);
    else settle(view.event(event));
  }
  function endPast(): void {
    const events = past ?? [];
    past = undefined;
    for (const event of events.sort((a, b) => a.t - b.t)) settle(view.event(event));
  }

  function follow(): Promise<Subscription> {
    const counts = {
      received: (count: number) => ledger.received(count),
      broken: (count: number) => ledger.dropped('broken-batch', count),
    };
    const recent = () => clock.nowMs() - PAST_SAMPLES_MS;
    const events = { sinceMs: () => 0, values: PAST_EVENT_VALUES };
    const sources = [
      // Events before samples: they say since when a WAN is as it is.
      feedSource(log, topics.wanEvents, events, counts, (records) => {
        for (const record of records) {
          view.wanEvent(record);
          takeEvent(liveWanEvent(record));
        }
      }),
      feedSource(log, topics.decisions, events, counts, (records) => {
        for (const record of records) takeEvent(liveDecision(record));
      }),
      feedSource(log, topics.actuations, events, counts, (records) => {
        for (const record of records) takeEvent(liveActuation(record));
      }),
      feedSource(
        log,
        topics.routerState,
        { sinceMs: recent, values: PAST_STATE_VALUES },
        counts,
        (records) => {
          for (const record of records) settle(view.routerState(record));
        },
      ),
      feedSource(
        log,
        topics.wanUtilisation,
        { sinceMs: recent, values: PAST_SAMPLE_VALUES },
        counts,
        (records) => {
          for (const record of records) settle(view.utilisation(record));
        },
      ),
    ];
    return followLog(log, sources, {
      past: endPast,
      batch: () => telemetry.setHealth(SERVICE, true),
      error: (error) => {
        telemetry.setHealth(SERVICE, false, 'cannot read the event log');
        warnings.warn('log', { err: error }, 'cannot read the event log');
      },
    });
  }

  return {
    name: SERVICE,
    async start() {
      build = await buildId(wallboard);
      if (build === 'none') logger.warn({ wallboard }, 'the wallboard is not built');
      subscription = await follow();
      unfollow = inventory.subscribe(({ inventory: next }) => {
        const isCut = view.replaceInventory(next);
        flush();
        if (isCut) for (const { session } of clients) session.resync([view.wans, view.routers]);
      });
      flush();
      http.app.server.on('upgrade', onUpgrade);
      timers = [
        setInterval(flush, config.flushMs),
        setInterval(tick, config.tickMs),
        setInterval(ping, PING_MS),
        setInterval(() => {
          for (const { session } of clients) session.checkDeadlines();
        }, HOUSEKEEPING_MS),
      ];
      telemetry.setHealth(SERVICE, true);
    },
    async stop() {
      unfollow?.();
      for (const timer of timers) clearInterval(timer);
      timers = [];
      http.app.server.off('upgrade', onUpgrade);
      await closeClients();
      await subscription?.stop();
      subscription = undefined;
    },
  };
}
