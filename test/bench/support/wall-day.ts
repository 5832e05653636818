import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { ClientMessage, RouterView, ServerMessage, WanRow } from '@fairlead/live-protocol';
import { LIVE_PATH } from '@fairlead/live-protocol';
import { until } from '@fairlead/testkit';
import { type WebSocket, WebSocketServer } from 'ws';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** What happens beside the samples, in seconds of the day. */
const EVENT_EVERY_S = 60;
const ROUTERS_EVERY_S = 30;

/** A server whose clock is put forward: a second of its day is one delta of all WANs, as fast as the page takes them. */
export interface WallDay {
  readonly url: string;
  /** Time of the latest sample, Unix milliseconds. */
  readonly nowMs: () => number;
  /** Lets so many seconds pass. */
  pass(seconds: number): void;
  /** Ends the connection, as a restart does; resolves when the page is back. */
  cut(): Promise<void>;
  stop(): Promise<void>;
}

export async function openWallDay(
  dist: string,
  welcome: ServerMessage,
  routers: readonly RouterView[],
): Promise<WallDay> {
  let nowMs = Date.now();
  let second = 0;
  let seq = 0;
  let epoch = 1;
  let page: WebSocket | undefined;
  const ids = new Map<string, number>();
  const send = (message: object): void => page?.send(JSON.stringify(message));
  const keys = routers.flatMap((router) => router.wans.map(({ key }) => key));

  const rowAt = (index: number): WanRow => {
    const share = 0.5 + 0.4 * Math.sin((second + index * 60) / 300);
    const [rxBps, txBps] = [Math.round(share * 50e6), Math.round(share * 5e6)];
    const busy = share > 0.8;
    return [nowMs, rxBps, txBps, share, share / 2, index === 0, busy ? 'busy' : 'normal', nowMs, 0, 12];
  };
  const rows = (): Record<string, WanRow> => Object.fromEntries(keys.map((key, i) => [key, rowAt(i)]));
  const snapOf = (ch: string): object => {
    if (ch === 'routers') return { d: Object.fromEntries(routers.map((view) => [view.router, view])) };
    if (ch === 'events') return { events: [] };
    return { cols: [], rows: Object.fromEntries(Object.entries(rows()).map(([key, row]) => [key, [row]])) };
  };

  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://wall').pathname);
    const file = join(dist, path === '/' ? 'index.html' : path);
    readFile(file).then(
      (body) => response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(body),
      () => response.writeHead(404).end(),
    );
  });
  const sockets = new WebSocketServer({ server, path: LIVE_PATH });
  sockets.on('connection', (socket) => {
    page = socket;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ClientMessage;
      if (message.type === 'hello') send({ ...welcome, now: nowMs });
      if (message.type !== 'sub') return;
      ids.set(message.ch, message.id);
      send({
        type: 'snap',
        id: message.id,
        ch: message.ch,
        epoch: `${epoch}`,
        seq,
        now: nowMs,
        ...snapOf(message.ch),
      });
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  const tick = (): void => {
    second += 1;
    seq += 1;
    nowMs += 1_000;
    send({ type: 'delta', id: ids.get('wan/*'), ch: 'wan/*', seq, t: nowMs, d: rows() });
    const [router] = routers;
    if (!router) return;
    if (second % ROUTERS_EVERY_S === 0) {
      const d = { [router.router]: { ...router, version: `7.${second}` } };
      send({ type: 'delta', id: ids.get('routers'), ch: 'routers', seq, t: nowMs, d });
    }
    if (second % EVENT_EVERY_S === 0) {
      const { site } = router;
      const about = { id: `e${second}`, t: nowMs, site, router: router.router, wan: 'ISP1' };
      const what = {
        kind: 'threshold-above',
        severity: 'warning',
        message: `three of five samples at ${second}`,
      };
      send({
        type: 'event',
        id: ids.get('events'),
        ch: 'events',
        seq,
        ev: { is: 'event', ...about, ...what },
      });
    }
  };

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nowMs: () => nowMs,
    pass(seconds) {
      for (let i = 0; i < seconds; i += 1) tick();
    },
    async cut() {
      epoch += 1;
      ids.clear();
      page?.close(4000);
      await until('the page is back', () => ids.size === 3);
    },
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise((done) => server.close(done));
    },
  };
}
