import WebSocket from 'ws';

const HELLO = [
  { type: 'hello', v: 1, client: 'soak' },
  { type: 'sub', id: 1, ch: 'wan/*', history: 60 },
  { type: 'sub', id: 2, ch: 'events' },
  { type: 'sub', id: 3, ch: 'routers' },
];
const TURN_MS = 1_000;

/** Clients of the live gateway, of which one goes and another comes every second. */
export interface Walls {
  readonly messages: number;
  /** How many have connected so far. */
  readonly opened: number;
  /** Connections that the gateway ended, or that broke, by the code of their end. */
  readonly ends: Readonly<Record<number, number>>;
  stop(): void;
}

export function openWalls(url: string, count: number): Walls {
  const open: WebSocket[] = [];
  const ends: Record<number, number> = {};
  let [messages, opened] = [0, 0];
  const add = (): void => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'wanboard.v1');
    open.push(socket);
    socket.on('open', () => {
      opened += 1;
      for (const message of HELLO) socket.send(JSON.stringify(message));
    });
    socket.on('message', () => (messages += 1));
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      const at = open.indexOf(socket);
      if (at === -1) return;
      ends[code] = (ends[code] ?? 0) + 1;
      open.splice(at, 1);
    });
  };
  let turn = 0;
  const timer = setInterval(() => {
    const leaving = open.length >= count ? open.shift() : undefined;
    turn += 1;
    // A page that is closed says so, a machine that is switched off does not.
    if (turn % 2 === 0) leaving?.close();
    else leaving?.terminate();
    while (open.length < count) add();
  }, TURN_MS);
  return {
    get messages() {
      return messages;
    },
    get opened() {
      return opened;
    },
    ends,
    stop() {
      clearInterval(timer);
      for (const socket of open.splice(0)) socket.terminate();
    },
  };
}
