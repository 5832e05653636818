import type { LiveEvent, ServerMessage } from '@fairlead/live-protocol';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Channel } from './channel.ts';
import { createEventChannel } from './event-channel.ts';
import { createGatewayMetrics } from './metrics.ts';
import { createSession, type SessionHub } from './session.ts';
import { createStateChannel } from './state-channel.ts';

const event = (n: number): LiveEvent => ({
  is: 'decision',
  id: `e${n}`,
  t: n,
  site: 's',
  router: 'r',
  fromWan: 'a',
  toWan: 'b',
  reason: '',
});

/** A session on a socket whose reader we are, at a time that we set. */
function bench(ringCapacity = 1_000) {
  const sent: ServerMessage[] = [];
  const frames: Buffer[] = [];
  const socket = {
    bufferedAmount: 0,
    closedWith: 0,
    send(frame: Buffer) {
      frames.push(frame);
      sent.push(JSON.parse(textOf(frame)) as ServerMessage);
    },
    close(code: number) {
      this.closedWith = code;
    },
  };
  const time = { ms: 0 };
  const events = createEventChannel('k1', ringCapacity);
  const wans = createStateChannel<number>({
    snapshot: ({ seq }) => ({ type: 'snap', ch: 'routers', epoch: 'k1', seq, now: 0, d: {} }),
    delta: (head, d) => ({ type: 'delta', ch: 'wan/*', ...head, d: d as never }),
  });
  const channels = new Map<string, Channel>([
    ['wan/*', wans],
    ['events', events],
  ]);
  const hub: SessionHub = {
    epoch: 'k1',
    channels,
    metrics: createGatewayMetrics(new Registry()),
    flush: () => channels.forEach((channel) => channel.commit()),
    welcome: () => ({
      type: 'welcome',
      v: 1,
      session: '1',
      build: 'b',
      now: 0,
      tick: 5_000,
      simulated: false,
      limits: {},
    }),
    nowMs: () => 0,
    monotonicMs: () => time.ms,
  };
  const open = () => createSession(socket, hub);
  const follow = (session: ReturnType<typeof open>, ch: string): void => {
    session.receive('{"type":"hello","v":1}');
    session.receive(JSON.stringify({ type: 'sub', id: 1, ch }));
    sent.length = 0;
    frames.length = 0;
  };
  const publish = (session: ReturnType<typeof open>, ...values: readonly [string, number][]): void => {
    for (const [key, value] of values) wans.set(key, value);
    wans.commit();
    session.pump();
  };
  return { socket, sent, frames, time, events, wans, open, follow, publish };
}

describe('a client that reads slowly', () => {
  it('gets one delta of whole values for all that it missed', () => {
    const { socket, sent, open, follow, publish } = bench();
    const session = open();
    follow(session, 'wan/*');
    publish(session, ['a', 1], ['b', 1]);
    socket.bufferedAmount = 300_000;
    publish(session, ['a', 2]);
    publish(session, ['a', 3]);
    socket.bufferedAmount = 100_000;
    publish(session, ['c', 1]);
    expect(sent).toMatchObject([{ seq: 1, d: { a: 1, b: 1 } }]);
    socket.bufferedAmount = 1_000;
    session.pump();
    expect(sent.slice(1)).toMatchObject([{ seq: 4, d: { a: 3, c: 1 }, conflated: 2 }]);
    expect(Object.keys(sent[1]?.type === 'delta' ? sent[1].d : {})).toEqual(['a', 'c']);
    expect(session.lagging).toBe(false);
  });

  it('gets every event, however long it takes', () => {
    const { socket, sent, events, open, follow } = bench();
    const session = open();
    follow(session, 'events');
    socket.bufferedAmount = 300_000;
    for (let n = 1; n <= 50; n += 1) {
      events.append(event(n));
      events.commit();
      session.pump();
    }
    expect(sent).toEqual([]);
    expect(session.lagging).toBe(true);
    socket.bufferedAmount = 0;
    session.pump();
    expect(sent.map((message) => message.type === 'event' && message.seq)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  it('is told when the events that it lacks are no longer kept', () => {
    const { socket, sent, events, open, follow } = bench(10);
    const session = open();
    follow(session, 'events');
    socket.bufferedAmount = 300_000;
    for (let n = 1; n <= 50; n += 1) events.append(event(n));
    events.commit();
    session.pump();
    socket.bufferedAmount = 0;
    session.pump();
    expect(sent).toMatchObject([
      { type: 'resync', reason: 'slow' },
      { type: 'snap', seq: 50 },
    ]);
  });

  it('is let go when it does not catch up, even if it reads a little', () => {
    const { socket, time, open, follow, publish } = bench();
    const session = open();
    follow(session, 'wan/*');
    socket.bufferedAmount = 300_000;
    publish(session, ['a', 1]);
    time.ms = 10_000;
    socket.bufferedAmount = 50_000;
    publish(session, ['a', 2]);
    session.checkDeadlines();
    expect(socket.closedWith).toBe(0);
    time.ms = 15_001;
    session.checkDeadlines();
    expect(socket.closedWith).toBe(4008);
  });

  it('is let go at once with too much waiting', () => {
    const { socket, open, follow } = bench();
    const session = open();
    follow(session, 'wan/*');
    socket.bufferedAmount = 3_000_000;
    session.checkDeadlines();
    expect(socket.closedWith).toBe(4008);
  });
});

it('a client that says nothing is let go at the handshake deadline', () => {
  const { socket, time, open } = bench();
  const session = open();
  time.ms = 5_000;
  session.checkDeadlines();
  expect(socket.closedWith).toBe(0);
  time.ms = 5_001;
  session.checkDeadlines();
  expect(socket.closedWith).toBe(4408);
});

it('clients share the bytes of a message', () => {
  const { frames, open, follow, wans } = bench();
  const first = open();
  follow(first, 'wan/*');
  const second = open();
  follow(second, 'wan/*');
  wans.set('a', 1);
  wans.commit();
  first.pump();
  second.pump();
  expect(frames).toHaveLength(2);
  expect(frames[0]).toBe(frames[1]);
});

/** What is in a frame, whose header takes 2, 4 or 10 bytes. */
function textOf(frame: Buffer): string {
  const short = frame[1] ?? 0;
  return frame.toString('utf8', short < 126 ? 2 : short === 126 ? 4 : 10);
}
