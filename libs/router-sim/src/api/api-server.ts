import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { encodeSentence, ProtocolError, SentenceDecoder } from '@fairlead/routeros';
import type { Certificate } from '../certificate.ts';
import { createTrafficMeter } from './monitor-traffic.ts';
import { createSchedule } from './schedule.ts';
import { createApiSession, type SessionHost } from './session.ts';

export interface ApiServerConfig {
  readonly host: string;
  readonly port: number;
  readonly portTls: number;
}

export interface ApiServerDeps extends SessionHost {
  readonly certificate: Certificate;
  /** Brings the kernel up to now, so that what is read is what a router would count at this moment. */
  catchUp(): void;
  /** Milliseconds since the boot. */
  uptimeMs(): number;
  /** Whether a service is open to an address; the others are closed at once. */
  admits(service: 'api' | 'api-ssl', remoteAddress: string): boolean;
  received(session: number, user: string | undefined, words: readonly string[]): void;
}

export interface ApiServer {
  readonly port: number;
  readonly portTls: number;
  /** Time has passed: what is due by now is sent. */
  advanced(): void;
  /** Ends every session. */
  disconnectAll(): void;
  close(): Promise<void>;
}

const MAX_SESSIONS = 20;
/** A connection that is silent for so long without having logged in is closed. */
const LOGIN_SILENCE_MS = 60_000;
/** A client that does not read its answers is disconnected when this much waits for it. */
const MAX_UNREAD_BYTES = 8 * 2 ** 20;

/** Opens the API on two ports, plain and TLS. Rejects when one is taken. */
export async function openApiServer(config: ApiServerConfig, deps: ApiServerDeps): Promise<ApiServer> {
  const sockets = new Set<Socket>();
  let sessions = 0;
  const schedule = createSchedule();
  schedule.advance(deps.uptimeMs());
  const interfaces = deps.menus.find(({ path }) => path === '/interface');
  const meter = createTrafficMeter(() => interfaces?.rows() ?? [], deps.uptimeMs, schedule);

  function accept(socket: Socket, service: 'api' | 'api-ssl'): void {
    // A client that goes away is no news to a router; the close that follows ends the session.
    socket.on('error', () => undefined);
    const remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    if (sockets.size >= MAX_SESSIONS || !deps.admits(service, remoteAddress)) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    sessions += 1;
    const number = sessions;
    const decoder = new SentenceDecoder({ maxWordBytes: 65_536, maxSentenceBytes: 262_144 });
    const bytesOf = (sentences: readonly (readonly string[])[]): Buffer =>
      Buffer.concat(sentences.map((words) => encodeSentence(words)));
    const session = createApiSession(
      deps,
      { schedule, meter },
      {
        remoteAddress,
        service,
        send(sentences) {
          if (socket.destroyed || socket.writableEnded) return;
          socket.write(bytesOf(sentences));
          if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
        },
        sendHalf(sentences) {
          const bytes = bytesOf(sentences);
          socket.end(bytes.subarray(0, Math.ceil(bytes.length / 2)));
        },
        close: () => void socket.end(),
      },
    );
    socket.setNoDelay(true);
    socket.setTimeout(LOGIN_SILENCE_MS, () => {
      if (session.userName() === undefined) socket.destroy();
    });
    const decode = (chunk: Uint8Array): string[][] => {
      try {
        return decoder.push(chunk);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        // Nobody knows where the next sentence would begin.
        socket.destroy();
        return [];
      }
    };
    socket.on('data', (chunk) => {
      for (const words of decode(chunk)) {
        if (socket.writableEnded) return;
        deps.catchUp();
        deps.received(number, session.userName(), words.map(hideSecret));
        session.receive(words);
      }
    });
    socket.once('close', () => {
      sockets.delete(socket);
      session.ended();
    });
  }

  const plain = createServer((socket) => accept(socket, 'api'));
  const tls = createTlsServer({ key: deps.certificate.keyPem, cert: deps.certificate.pem }, (socket) =>
    accept(socket, 'api-ssl'),
  );
  // A handshake that is under way is no session yet, and must not keep the server open.
  const handshakes = new Set<Socket>();
  tls.on('connection', (socket: Socket) => {
    handshakes.add(socket);
    socket.once('close', () => handshakes.delete(socket));
  });
  await listen(plain, config.port, config.host);
  try {
    await listen(tls, config.portTls, config.host);
  } catch (error) {
    plain.close();
    throw error;
  }
  const disconnectAll = (): void => {
    for (const socket of [...sockets, ...handshakes]) socket.destroy();
  };
  return {
    port: portOf(plain),
    portTls: portOf(tls),
    advanced: () => schedule.advance(deps.uptimeMs()),
    disconnectAll,
    async close() {
      const closed = [plain, tls].map((server) => new Promise((resolve) => server.close(resolve)));
      disconnectAll();
      await Promise.all(closed);
    },
  };
}

const hideSecret = (word: string): string => word.replace(/^=(password|response)=.*/s, '=$1=[secret]');

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
