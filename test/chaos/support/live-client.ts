import {
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  type ServerMessage,
  serverMessageSchema,
} from '@fairlead/live-protocol';
import WebSocket from 'ws';

/** A client of the live gateway that follows its events, and comes back whenever the gateway or its connection is gone. */
export interface LiveClient {
  /** Ids of events, and how often each was sent to it as a new one; once for those of a snapshot. */
  readonly received: ReadonlyMap<string, number>;
  /** Sequence numbers that were left out, or came again. */
  readonly outOfSequence: number;
  readonly connections: number;
  close(): void;
}

const AGAIN_MS = 300;
/** The gateway gives a sign of life every five seconds. */
const DEAD_MS = 20_000;
const ID = 1;

/** @param url of the gateway at this moment */
export function startLiveClient(url: () => string): LiveClient {
  const received = new Map<string, number>();
  let last: { readonly epoch: string; readonly seq: number } | undefined;
  let outOfSequence = 0;
  let connections = 0;
  let socket: WebSocket | undefined;
  let again: NodeJS.Timeout | undefined;
  let dead: NodeJS.Timeout | undefined;
  let isClosed = false;

  const take = (message: ServerMessage): void => {
    if (message.type === 'snap' && message.ch === 'events') {
      const { epoch, seq, events } = message;
      if (last?.epoch === epoch) {
        const newer = events.filter((item) => item.seq > (last?.seq ?? 0));
        outOfSequence += Math.abs(seq - last.seq - newer.length);
      }
      for (const { ev } of events) received.set(ev.id, received.get(ev.id) ?? 1);
      last = { epoch, seq };
    }
    if (message.type !== 'event' || !last) return;
    if (message.seq !== last.seq + 1) outOfSequence += 1;
    last = { epoch: last.epoch, seq: message.seq };
    received.set(message.ev.id, (received.get(message.ev.id) ?? 0) + 1);
  };

  const stayAlive = (opened: WebSocket): void => {
    clearTimeout(dead);
    dead = setTimeout(() => opened.terminate(), DEAD_MS);
  };

  const connect = (): void => {
    if (isClosed) return;
    const opened = new WebSocket(`${url().replace('http', 'ws')}${LIVE_PATH}`, LIVE_SUBPROTOCOL);
    socket = opened;
    stayAlive(opened);
    opened.on('open', () => {
      connections += 1;
      opened.send(JSON.stringify({ type: 'hello', v: 1, client: 'chaos' }));
      opened.send(JSON.stringify({ type: 'sub', id: ID, ch: 'events', ...(last && { since: last }) }));
    });
    opened.on('message', (data: Buffer) => {
      stayAlive(opened);
      take(serverMessageSchema.parse(JSON.parse(data.toString())));
    });
    opened.on('error', () => undefined);
    opened.on('close', () => (again = setTimeout(connect, AGAIN_MS)));
  };

  connect();
  return {
    received,
    get outOfSequence() {
      return outOfSequence;
    },
    get connections() {
      return connections;
    },
    close() {
      isClosed = true;
      clearTimeout(again);
      clearTimeout(dead);
      socket?.terminate();
    },
  };
}
