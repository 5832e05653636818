import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LinkState, openLiveLink } from './live-link.ts';

/** A socket whose other end is the test. */
function fakeSocket() {
  const sent: unknown[] = [];
  const socket = {
    sent,
    onopen: undefined as (() => void) | undefined,
    onmessage: undefined as ((event: { data: string }) => void) | undefined,
    onclose: undefined as ((event: { code: number; reason: string }) => void) | undefined,
    send: (text: string) => sent.push(JSON.parse(text)),
    close: vi.fn(),
    say: (message: object) => socket.onmessage?.({ data: JSON.stringify(message) }),
  };
  return socket;
}

function bench() {
  const sockets: ReturnType<typeof fakeSocket>[] = [];
  const states: LinkState[] = [];
  const messages: string[] = [];
  const link = openLiveLink({
    url: 'ws://wall/ws',
    client: 'test',
    subscriptions: () => [{ type: 'sub', id: 1, ch: 'events' }],
    onMessage: ({ type }) => messages.push(type),
    onState: (state) => states.push(state),
    openSocket: () => {
      const socket = fakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: () => 1,
  });
  const latest = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  };
  const welcome = () => {
    latest().onopen?.();
    latest().say({ type: 'welcome', tick: 5_000 });
  };
  return { sockets, states, messages, link, latest, welcome };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('says hello, and subscribes when it is welcome', () => {
  const { latest, states, welcome } = bench();
  latest().onopen?.();
  expect(latest().sent).toEqual([{ type: 'hello', v: 1, client: 'test' }]);
  welcome();
  expect(latest().sent.at(-1)).toEqual({ type: 'sub', id: 1, ch: 'events' });
  expect(states.map(({ phase }) => phase)).toEqual(['connecting', 'live']);
});

it('comes back for ever, with pauses that grow to 15 s, and begins anew after a welcome', () => {
  const { sockets, states, latest, welcome } = bench();
  const pauses = Array.from({ length: 8 }, () => {
    latest().onclose?.({ code: 1006, reason: '' });
    const state = states.at(-1);
    const pauseMs = state?.phase === 'lost' ? state.retryAtMs - performance.now() : Number.NaN;
    vi.advanceTimersByTime(pauseMs);
    return pauseMs;
  });
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  expect(sockets).toHaveLength(9);
  welcome();
  latest().onclose?.({ code: 1006, reason: '' });
  expect(states.at(-1)).toMatchObject({ phase: 'lost', retryAtMs: performance.now() + 500 });
});

it('counts the time since the connection was lost, not since the last try', () => {
  const { states, latest, welcome } = bench();
  welcome();
  const lostAtMs = performance.now();
  for (let i = 0; i < 3; i += 1) {
    latest().onclose?.({ code: 1006, reason: '' });
    vi.advanceTimersByTime(10_000);
  }
  expect(states.at(-1)).toMatchObject({ phase: 'lost', sinceMs: lostAtMs });
});

it('waits as long as a server that stops asks for', () => {
  const { states, latest, welcome } = bench();
  welcome();
  latest().onclose?.({ code: 4001, reason: '{"retryMs":1234}' });
  expect(states.at(-1)).toMatchObject({ retryAtMs: performance.now() + 1_234, why: 'restart' });
});

it('gives a link up after three missed ticks, though the socket looks open', () => {
  const { states, latest, sockets, welcome } = bench();
  welcome();
  vi.advanceTimersByTime(14_000);
  latest().say({ type: 'tick', now: 0 });
  vi.advanceTimersByTime(14_999);
  expect(states.at(-1)?.phase).toBe('live');
  vi.advanceTimersByTime(1);
  expect(states.at(-1)).toMatchObject({ phase: 'lost', why: 'no sign of life' });
  expect(latest().close).toHaveBeenCalled();
  const old = latest();
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(2);
  old.onclose?.({ code: 1006, reason: '' });
  expect(sockets).toHaveLength(2);
});

it('tries at once when it is told to', () => {
  const { link, latest, sockets } = bench();
  latest().onclose?.({ code: 1006, reason: '' });
  link.retryNow();
  link.retryNow();
  expect(sockets).toHaveLength(2);
  link.close();
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(2);
});

it('says the token in its first message, and what to do when it is not good', () => {
  const states: LinkState[] = [];
  const socket = fakeSocket();
  const link = openLiveLink({
    url: 'ws://wall/ws',
    client: 'test',
    token: 'flt_1',
    subscriptions: () => [],
    onMessage: () => undefined,
    onState: (state) => states.push(state),
    openSocket: () => socket as unknown as WebSocket,
  });
  socket.onopen?.();
  expect(socket.sent).toEqual([{ type: 'hello', v: 1, client: 'test', token: 'flt_1' }]);
  socket.onclose?.({ code: 4401, reason: 'unknown token' });
  expect(states.at(-1)).toMatchObject({ phase: 'lost', why: expect.stringContaining('#t=') as string });
  link.close();
});
