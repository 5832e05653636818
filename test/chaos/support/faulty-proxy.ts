import { once } from 'node:events';
import { createServer, request as askHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What happens to a request. */
export type ProxyFault = 'none' | 'slow' | 'error-after' | 'cut-after';

export interface FaultyProxy {
  readonly url: string;
  /** Faults of each kind that a request has met. */
  readonly met: ReadonlyMap<ProxyFault, number>;
  /** What happens to requests from now on. */
  set(fault: ProxyFault, delayMs?: number): void;
  /** Nobody listens any more, and connections break. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and an HTTP server, and does what networks and servers do to people. */
export async function startFaultyProxy(target: () => string): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const met = new Map<ProxyFault, number>();
  let fault: ProxyFault = 'none';
  let delayMs = 0;
  let port = 0;

  const server = createServer((request, response) => {
    void pass(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const now = fault;
    const body = await buffer(request);
    if (now === 'slow') await new Promise((resolve) => setTimeout(resolve, delayMs));
    const answer = await forward(target(), request, body);
    met.set(now, (met.get(now) ?? 0) + 1);
    if (now === 'cut-after') {
      request.socket.destroy();
      return;
    }
    if (now === 'error-after') {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('the proxy lost the answer\n');
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const listen = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const refuse = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    met,
    set(next, nextDelayMs = 0) {
      fault = next;
      delayMs = nextDelayMs;
    },
    refuse,
    listen,
    close: refuse,
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function forward(target: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connection: _, ...headers } = request.headers;
    const asked = askHttp(
      new URL(request.url ?? '/', target),
      { method: request.method ?? 'GET', headers: { ...headers, connection: 'close' }, agent: false },
      (response) => {
        buffer(response).then((read) => {
          const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = response.headers;
          const plain = Object.entries(kept).map(([name, value]) => [name, String(value)]);
          resolve({
            status: response.statusCode ?? 502,
            headers: {
              ...(Object.fromEntries(plain) as Record<string, string>),
              'content-length': `${read.length}`,
            },
            body: read,
          });
        }, reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
