/**
 * A server for the benchmark of the WebSocket: the live-gateway on a log that keeps nothing, a bare `ws` server that
 * sends each socket the same bytes, or one that writes whole frames to the TCP sockets, which is the least that Node.js
 * can do. It publishes samples of so many WANs and events as it is told, and answers with what that took.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog, SubscribeOptions } from '@fairlead/event-log';
import { createLiveGateway, liveGatewayConfigSchema } from '@fairlead/live-gateway';
import {
  appendRecords,
  liveWanEvent,
  siteInventory,
  utilisation,
  wanEvent,
} from '@fairlead/live-gateway/testing';
import { fixedInventory, type Inventory, systemClock } from '@fairlead/model';
import { createHttpServer, createTelemetry } from '@fairlead/runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import { serverText } from './websocket-frames.ts';

export type ServerJob =
  | {
      readonly do: 'listen';
      readonly kind: 'gateway' | 'bare' | 'socket';
      readonly port: number;
      readonly wans: number;
      readonly flushMs: number;
    }
  | {
      readonly do: 'publish';
      readonly times: number;
      readonly everyMs: number;
      /** An event beside every so many samples; 0 for none. */
      readonly eventEvery: number;
    }
  | { readonly do: 'usage' }
  /** As usage, with the garbage collected before memory is read. */
  | { readonly do: 'memory' }
  | { readonly do: 'stop' };

export interface ServerAnswer {
  readonly port: number;
  /** Processor time since the process started. */
  readonly cpuSeconds: number;
  /** What the kernel took of it. */
  readonly kernelSeconds: number;
  readonly rssBytes: number;
  /** Deltas and events sent so far. */
  readonly sent: number;
  /** Events published so far. */
  readonly events: number;
}

interface Server {
  readonly port: number;
  publish(t: number, withEvent: boolean): Promise<void>;
  sent(): Promise<number>;
  stop(): Promise<void>;
}

let server: Server | undefined;
let events = 0;

// When the benchmark lets go of it, or is gone itself.
process.on('disconnect', () => process.exit());
process.on('message', (job: ServerJob) => {
  void run(job).then((answer) => process.send?.(answer));
});

async function run(job: ServerJob): Promise<ServerAnswer> {
  if (job.do === 'listen') server = await (job.kind === 'gateway' ? openGateway(job) : openBare(job));
  else if (job.do === 'publish') await publish(job);
  else if (job.do === 'stop') await server?.stop();
  const { user, system } = process.cpuUsage();
  if (job.do === 'memory') globalThis.gc?.();
  return {
    port: server?.port ?? 0,
    cpuSeconds: (user + system) / 1e6,
    kernelSeconds: system / 1e6,
    rssBytes: process.memoryUsage.rss(),
    sent: (await server?.sent()) ?? 0,
    events,
  };
}

async function publish({ times, everyMs, eventEvery }: Extract<ServerJob, { do: 'publish' }>): Promise<void> {
  const startMs = performance.now();
  for (let n = 1; n <= times; n += 1) {
    const withEvent = eventEvery > 0 && n % eventEvery === 0;
    if (withEvent) events += 1;
    await server?.publish(Date.now(), withEvent);
    await sleep(Math.max(0, startMs + n * everyMs - performance.now()));
  }
}

/** A router has no more. */
const WANS_OF_ROUTER = 6;

interface Place {
  readonly router: string;
  readonly wan: string;
}

const places = (count: number): readonly Place[] =>
  Array.from({ length: count }, (_, i) => ({
    router: `gw${1 + Math.floor(i / WANS_OF_ROUTER)}`,
    wan: `ISP${(i % WANS_OF_ROUTER) + 1}`,
  }));

function inventoryOf(wans: number): Inventory {
  const [router] = siteInventory({ wans: WANS_OF_ROUTER });
  if (!router) throw new Error('a site has a router');
  return Array.from({ length: Math.ceil(wans / WANS_OF_ROUTER) }, (_, i) => ({
    ...router,
    name: `gw${i + 1}`,
  }));
}

async function openGateway({ port, wans, flushMs }: Extract<ServerJob, { do: 'listen' }>): Promise<Server> {
  const telemetry = createTelemetry({ level: 'silent' });
  const http = createHttpServer(
    { port, maxConnections: 20_000, maxConnectionsPerAddress: 20_000 },
    telemetry,
  );
  const log = createPassingLog();
  const config = liveGatewayConfigSchema.parse({ maxClients: 20_000, maxClientsPerAddress: 20_000 });
  const gateway = createLiveGateway(
    { ...config, flushMs },
    { log, inventory: fixedInventory(inventoryOf(wans)), clock: systemClock, telemetry, http },
  );
  await gateway.start();
  // A minute of the past, as a page asks for.
  const now = Date.now();
  for (let s = 60; s > 0; s -= 1) {
    const past = places(wans).map(({ router, wan }) => utilisation(wan, now - s * 1_000, { router }));
    await appendRecords(log, 'wanUtilisation', past);
  }
  await http.start();
  return {
    port: Number(new URL(http.url()).port),
    async publish(t, withEvent) {
      await appendRecords(
        log,
        'wanUtilisation',
        places(wans).map(({ router, wan }) => utilisation(wan, t, { router })),
      );
      if (withEvent)
        await appendRecords(log, 'wanEvents', [wanEvent('threshold-above', t, { id: `e${events}` })]);
    },
    async sent() {
      const metric = await telemetry.registry.getSingleMetric('fairlead_live_sent_total')?.get();
      const counted = metric?.values.filter(({ labels }) =>
        ['delta', 'event'].includes(String(labels['type'])),
      );
      return counted?.reduce((sum, { value }) => sum + value, 0) ?? 0;
    },
    async stop() {
      await gateway.stop();
      await http.stop();
    },
  };
}

async function openBare({ kind, port, wans }: Extract<ServerJob, { do: 'listen' }>): Promise<Server> {
  const listener = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  await once(listener, 'listening');
  let seq = 0;
  let sent = 0;
  const sockets = new Map<WebSocket, Socket>();
  listener.on('connection', (socket, request) => {
    sockets.set(socket, request.socket);
    socket.on('message', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    port: (listener.address() as AddressInfo).port,
    publish(t, withEvent) {
      seq += 1;
      const row = [t, 10e6, 1e6, 0.2, 0.1, false, 'normal', null, null, null];
      const d = Object.fromEntries(places(wans).map(({ router, wan }) => [`${router}/${wan}`, row]));
      // Once, and not as text for each socket: the fastest that the public interface of ws has.
      const bytes = Buffer.from(JSON.stringify({ id: 1, type: 'delta', ch: 'wan/*', seq, t, d }));
      const ev = liveWanEvent(wanEvent('threshold-above', t, { id: `e${events}` }));
      const eventBytes = Buffer.from(JSON.stringify({ id: 2, type: 'event', ch: 'events', seq: events, ev }));
      if (kind === 'socket') {
        const frames = withEvent ? [serverText(bytes), serverText(eventBytes)] : [serverText(bytes)];
        for (const socket of sockets.values()) for (const frame of frames) socket.write(frame);
      } else {
        for (const socket of sockets.keys()) {
          socket.send(bytes, { binary: false });
          if (withEvent) socket.send(eventBytes, { binary: false });
        }
      }
      sent += sockets.size * (withEvent ? 2 : 1);
      return Promise.resolve();
    },
    sent: () => Promise.resolve(sent),
    async stop() {
      for (const socket of sockets.keys()) socket.terminate();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Hands over and keeps nothing, so that memory is the gateway's. */
function createPassingLog(): EventLog {
  const readers: SubscribeOptions[] = [];
  const next = new Map<string, number>();
  return {
    ensureTopics: async () => undefined,
    async append(records) {
      for (const { topic, key, value } of records) {
        const offset = next.get(topic) ?? 0;
        next.set(topic, offset + 1);
        const record = { topic, partition: 0, offset, key, value, timestampMs: Date.now() };
        for (const reader of readers) await reader.onBatch({ topic, partition: 0, records: [record] });
      }
      return [];
    },
    async subscribe(options) {
      readers.push(options);
      return { stop: async () => undefined };
    },
    read: async () => [],
    partitions: async () => [],
    committed: async () => new Map(),
    close: async () => undefined,
  };
}
