import {
  type ClientMessage,
  closeCodes,
  LIVE_SUBPROTOCOL,
  LIVE_VERSION,
  type ServerMessage,
} from '@fairlead/live-protocol';

const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 15_000;
/** How long a connection may take to be welcomed. */
const WELCOME_DEADLINE_MS = 10_000;
const MISSED_TICKS = 3;

/** How the socket is. Times are of `performance.now()`. */
export type LinkState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | { readonly phase: 'lost'; readonly sinceMs: number; readonly retryAtMs: number; readonly why: string };

export interface LiveLinkOptions {
  readonly url: string;
  readonly client: string;
  readonly token?: string | undefined;
  /** What to ask for when the server has said welcome. */
  readonly subscriptions: () => readonly ClientMessage[];
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: LinkState) => void;
  readonly openSocket?: (url: string, protocol: string) => WebSocket;
  readonly random?: () => number;
}

export interface LiveLink {
  /** Tries now instead of at the end of the pause. */
  retryNow(): void;
  close(): void;
}

/** Holds a connection for ever: opens it again after every end, with pauses that grow and are spread. */
export function openLiveLink(options: LiveLinkOptions): LiveLink {
  const { random = Math.random, openSocket = openWebSocket } = options;
  let socket: WebSocket | undefined;
  let failures = 0;
  let lostSinceMs: number | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const connect = (): void => {
    clearTimeout(retry);
    retry = undefined;
    const current = openSocket(options.url, LIVE_SUBPROTOCOL);
    socket = current;
    let tickMs: number | undefined;
    const expectWithin = (ms: number): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => lose(current, 'no sign of life', undefined), ms);
    };
    expectWithin(WELCOME_DEADLINE_MS);
    current.onopen = () => {
      const { client, token } = options;
      send(current, { type: 'hello', v: LIVE_VERSION, client, ...(token === undefined ? {} : { token }) });
    };
    current.onmessage = ({ data }) => {
      if (current !== socket) return;
      const message = JSON.parse(String(data)) as ServerMessage;
      if (message.type === 'welcome') {
        tickMs = message.tick;
        failures = 0;
        lostSinceMs = undefined;
        options.onState({ phase: 'live' });
        for (const subscription of options.subscriptions()) send(current, subscription);
      }
      if (tickMs !== undefined) expectWithin(tickMs * MISSED_TICKS);
      options.onMessage(message);
    };
    current.onclose = ({ code, reason }) => lose(current, describeClose(code), restartPause(code, reason));
  };

  const lose = (current: WebSocket, why: string, pauseMs: number | undefined): void => {
    if (current !== socket || closed) return;
    socket = undefined;
    clearTimeout(watchdog);
    current.close();
    failures += 1;
    const ceilingMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    const waitMs = pauseMs ?? random() * ceilingMs;
    const nowMs = performance.now();
    lostSinceMs ??= nowMs;
    options.onState({ phase: 'lost', sinceMs: lostSinceMs, retryAtMs: nowMs + waitMs, why });
    retry = setTimeout(connect, waitMs);
  };

  options.onState({ phase: 'connecting' });
  connect();
  return {
    retryNow() {
      if (retry !== undefined) connect();
    },
    close() {
      closed = true;
      clearTimeout(retry);
      clearTimeout(watchdog);
      socket?.close();
    },
  };
}

const openWebSocket = (url: string, protocol: string): WebSocket => new WebSocket(url, protocol);

const send = (socket: WebSocket, message: ClientMessage): void => socket.send(JSON.stringify(message));

function describeClose(code: number): string {
  if (code === 4401)
    return 'the server asks for a token: open this page with #t= and a good one behind its address';
  const known: Readonly<Record<number, { readonly name: string }>> = closeCodes;
  return known[code]?.name ?? 'no answer';
}

/** The pause that a server asks for when it stops. */
function restartPause(code: number, reason: string): number | undefined {
  if (code !== 4001) return undefined;
  try {
    const { retryMs } = JSON.parse(reason) as { retryMs?: unknown };
    return typeof retryMs === 'number' ? Math.min(MOST_RETRY_MS, Math.max(0, retryMs)) : undefined;
  } catch {
    return undefined;
  }
}
