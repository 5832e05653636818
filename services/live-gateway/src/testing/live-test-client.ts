import {
  type ClientMessage,
  LIVE_SUBPROTOCOL,
  type ServerMessage,
  serverMessageSchema,
} from '@fairlead/live-protocol';
import { until } from '@fairlead/testkit';
import { WebSocket } from 'ws';

/** A client for tests: keeps what it got, each message checked by the schema. */
export interface LiveTestClient {
  readonly received: readonly ServerMessage[];
  readonly ws: WebSocket;
  send(message: ClientMessage | string | Uint8Array): void;
  /** The next message of a type that was not taken yet. */
  take<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
  /** Code and reason of the end. */
  ended(): Promise<{ readonly code: number; readonly reason: string }>;
  close(): void;
}

export interface ConnectOptions {
  readonly protocols?: readonly string[];
  readonly origin?: string;
  /** Host header, where it is not that of the address. */
  readonly host?: string;
  readonly greet?: boolean;
  readonly token?: string;
  /** Whether it answers pings; it does unless told not to. */
  readonly autoPong?: boolean;
}

/** Opens a socket, and says hello unless told not to. */
export async function connectLive(
  url: string,
  { protocols = [LIVE_SUBPROTOCOL], origin, host, greet = true, token, autoPong = true }: ConnectOptions = {},
): Promise<LiveTestClient> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, [...protocols], {
    autoPong,
    ...(origin === undefined ? {} : { origin }),
    ...(host === undefined ? {} : { headers: { host } }),
  });
  const received: ServerMessage[] = [];
  const waiting: ServerMessage[] = [];
  let end: { code: number; reason: string } | undefined;
  ws.on('message', (data: Buffer) => {
    const message = serverMessageSchema.parse(JSON.parse(data.toString()));
    received.push(message);
    waiting.push(message);
  });
  ws.on('close', (code, reason) => {
    end = { code, reason: reason.toString() };
  });
  await new Promise((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });
  ws.on('error', () => undefined);
  const client: LiveTestClient = {
    received,
    ws,
    send: (message) =>
      ws.send(
        typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message),
      ),
    async take(type) {
      const message = await until(
        `a message of type ${type}`,
        () => {
          const at = waiting.findIndex((each) => each.type === type);
          return at === -1 ? undefined : waiting.splice(at, 1)[0];
        },
        { everyMs: 5 },
      );
      return message as Extract<ServerMessage, { type: typeof type }>;
    },
    ended: () => until('the end of the socket', () => end, { everyMs: 5 }),
    close: () => ws.terminate(),
  };
  if (greet) client.send({ type: 'hello', v: 1, ...(token === undefined ? {} : { token }) });
  return client;
}
