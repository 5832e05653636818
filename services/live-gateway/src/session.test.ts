import type { LiveEvent, ServerMessage } from '@fairlead/live-protocol';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { openGrant } from './access/grant.ts';
import type { Channel } from './channel.ts';
import { Cohorts } from './cohorts.ts';
import { createEventChannel } from './event-channel.ts';
import { createGatewayMetrics } from './metrics.ts';
import { Session, type SessionHub } from './session.ts';
import { encodeMessage } from './shared-frame.ts';
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

/** A socket whose reader we are. */
function createSink() {
  const sent: ServerMessage[] = [];
  const frames: Buffer[] = [];
  return {
    writableLength: 0,
    sent,
    frames,
    write(bytes: Buffer) {
      frames.push(bytes);
      for (const text of textsOf(bytes)) sent.push(JSON.parse(text) as ServerMessage);
    },
  };
}

/** Sessions on sockets whose readers we are, at a time that we set. */
function bench(ringCapacity = 1_000) {
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
  const metrics = createGatewayMetrics(new Registry());
  const cohorts = new Cohorts(metrics);
  const laggards = new Set<Session>();
  const hub: SessionHub = {
    cohorts,
    metrics,
    laggards,
    admit: () => openGrant,
    holds: () => true,
    openChannel(name) {
      const channel = channels.get(name);
      return channel ? { channel, epoch: 'k1' } : 'unknown-channel';
    },
    flush() {
      for (const channel of channels.values()) channel.commit();
      cohorts.advance(0);
    },
    welcome: () => ({
      type: 'welcome',
      v: 1,
      session: '1',
      build: 'b',
      now: 0,
      tick: 5_000,
      simulated: false,
      mayWrite: false,
      limits: {},
    }),
    nowMs: () => 0,
    monotonicMs: () => time.ms,
  };
  const open = (...follows: readonly string[]) => {
    const sink = createSink();
    const socket = { ...sink, sink, closedWith: 0 };
    const session = new Session({ sink, close: (code) => (socket.closedWith = code) }, hub);
    if (follows.length > 0) session.receive('{"type":"hello","v":1}');
    follows.forEach((ch, i) => session.receive(JSON.stringify({ type: 'sub', id: i + 1, ch })));
    sink.sent.length = 0;
    sink.frames.length = 0;
    return { session, sink, sent: sink.sent, frames: sink.frames, socket };
  };
  const pumpLaggards = (): void => [...laggards].forEach((session) => session.pump());
  const publish = (...values: readonly [string, number][]): void => {
    for (const [key, value] of values) wans.set(key, value);
    hub.flush();
    pumpLaggards();
  };
  return { time, events, wans, hub, laggards, open, publish, pumpLaggards };
}

describe('a client that reads slowly', () => {
  it('gets one delta of whole values for all that it missed', () => {
    const { laggards, open, publish } = bench();
    const { sink, sent } = open('wan/*');
    publish(['a', 1], ['b', 1]);
    sink.writableLength = 300_000;
    publish(['a', 2]);
    publish(['a', 3]);
    sink.writableLength = 100_000;
    publish(['c', 1]);
    expect(sent).toMatchObject([{ seq: 1, d: { a: 1, b: 1 } }]);
    sink.writableLength = 1_000;
    publish();
    expect(sent.slice(1)).toMatchObject([{ seq: 4, d: { a: 3, c: 1 }, conflated: 2 }]);
    expect(Object.keys(sent[1]?.type === 'delta' ? sent[1].d : {})).toEqual(['a', 'c']);
    expect(laggards.size).toBe(0);
  });

  it('is back among the others when it has caught up', () => {
    const { open, publish } = bench();
    const slow = open('wan/*');
    const well = open('wan/*');
    slow.sink.writableLength = 300_000;
    publish(['a', 1]);
    slow.sink.writableLength = 0;
    publish();
    publish(['a', 2]);
    expect(slow.sent).toMatchObject([{ seq: 1 }, { seq: 2, d: { a: 2 } }]);
    expect(slow.frames.at(-1)).toBe(well.frames.at(-1));
  });

  it('gets every event, however long it takes', () => {
    const { events, hub, laggards, open, pumpLaggards } = bench();
    const { sink, sent, session } = open('events');
    sink.writableLength = 300_000;
    for (let n = 1; n <= 50; n += 1) {
      events.append(event(n));
      hub.flush();
    }
    expect(sent).toEqual([]);
    expect([...laggards]).toEqual([session]);
    sink.writableLength = 0;
    pumpLaggards();
    expect(sent.map((message) => message.type === 'event' && message.seq)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  it('is told when the events that it lacks are no longer kept', () => {
    const { events, hub, open, pumpLaggards } = bench(10);
    const { sink, sent } = open('events');
    sink.writableLength = 300_000;
    for (let n = 1; n <= 50; n += 1) events.append(event(n));
    hub.flush();
    sink.writableLength = 0;
    pumpLaggards();
    expect(sent).toMatchObject([
      { type: 'resync', reason: 'slow' },
      { type: 'snap', seq: 50 },
    ]);
  });

  it('gets the snapshot that it asked for when it has read, and none where it asks no more', () => {
    const { open, pumpLaggards } = bench();
    const { session, sink, sent } = open('events');
    sink.writableLength = 300_000;
    session.receive('{"type":"sub","id":5,"ch":"wan/*"}');
    session.receive('{"type":"sub","id":6,"ch":"wan/*"}');
    session.receive('{"type":"unsub","id":5}');
    pumpLaggards();
    expect(sent).toEqual([]);
    sink.writableLength = 0;
    pumpLaggards();
    expect(sent).toMatchObject([{ type: 'snap', id: 6 }]);
  });

  it('is let go when it does not catch up, even if it reads a little', () => {
    const { time, open, publish } = bench();
    const { session, sink, socket } = open('wan/*');
    sink.writableLength = 300_000;
    publish(['a', 1]);
    time.ms = 10_000;
    sink.writableLength = 50_000;
    publish(['a', 2]);
    session.checkDeadlines();
    expect(socket.closedWith).toBe(0);
    time.ms = 15_001;
    session.checkDeadlines();
    expect(socket.closedWith).toBe(4008);
  });

  it('is let go at once with too much waiting', () => {
    const { session, sink, socket } = bench().open('wan/*');
    sink.writableLength = 3_000_000;
    session.checkDeadlines();
    expect(socket.closedWith).toBe(4008);
  });
});

it('a client that says nothing is let go at the handshake deadline', () => {
  const { time, open } = bench();
  const { session, socket } = open();
  time.ms = 5_000;
  session.checkDeadlines();
  expect(socket.closedWith).toBe(0);
  time.ms = 5_001;
  session.checkDeadlines();
  expect(socket.closedWith).toBe(4408);
});

it('a client that had all events several times has to wait for the next tick', () => {
  const { events, hub, open } = bench();
  for (let n = 1; n <= 1_000; n += 1) events.append(event(n));
  hub.flush();
  const { session, sent, frames } = open('events');
  const ask = (): void => {
    session.receive('{"type":"unsub","id":1}');
    session.receive('{"type":"sub","id":1,"ch":"events","since":{"epoch":"k1","seq":0}}');
  };
  for (let times = 0; times < 20; times += 1) ask();
  expect(sent.filter(({ type }) => type === 'event')).toHaveLength(9_000);
  expect(frames.length).toBeLessThan(200);
  expect(sent.at(-1)).toMatchObject({ type: 'error', id: 1, code: 'too-many', retryable: true });
  session.tick(encodeMessage({ type: 'tick', now: 1 }));
  ask();
  expect(sent.at(-1)).toMatchObject({ type: 'event', seq: 1_000 });
});

describe('clients that are at the present', () => {
  it('share the bytes of all that is new, and get them by one write', () => {
    const { events, open, publish } = bench();
    const first = open('wan/*', 'events');
    const second = open('wan/*', 'events');
    events.append(event(1));
    publish(['a', 1]);
    expect(first.sent).toMatchObject([{ type: 'delta' }, { type: 'event' }]);
    expect(first.frames).toHaveLength(1);
    expect(first.frames[0]).toBe(second.frames[0]);
  });

  it('are sent to a thousand at a time, and nobody who comes or goes meanwhile misses or repeats anything', async () => {
    const { hub, open, publish } = bench();
    const all = Array.from({ length: 1_500 }, () => open('wan/*'));
    publish(['a', 1]);
    const reached = () => all.filter(({ sent }) => sent.length > 0).length;
    expect(reached()).toBe(1_000);
    // The last one of those that wait asks for something else.
    all.at(-1)?.session.receive('{"type":"unsub","id":1}');
    expect(reached()).toBe(1_500);
    const late = open('wan/*');
    publish(['a', 2]);
    await new Promise(setImmediate);
    expect(all.slice(0, -1).every(({ sent }) => sent.length === 2)).toBe(true);
    expect(all.at(-1)?.sent).toHaveLength(1);
    expect(late.sent).toMatchObject([{ seq: 2, d: { a: 2 } }]);
    expect(hub.laggards.size).toBe(0);
  });

  it('get a sign of life only where nothing else was sent', () => {
    const { hub, open, publish } = bench();
    const { sent } = open('wan/*');
    const tick = encodeMessage({ type: 'tick', now: 1 });
    hub.cohorts.tick(tick);
    publish(['a', 1]);
    hub.cohorts.tick(tick);
    hub.cohorts.tick(tick);
    expect(sent.map(({ type }) => type)).toEqual(['tick', 'delta', 'tick']);
  });
});

/** What is in frames, whose headers take 2, 4 or 10 bytes. */
function textsOf(frames: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length;) {
    const short = frames[at + 1] ?? 0;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length =
      short < 126
        ? short
        : short === 126
          ? frames.readUInt16BE(at + 2)
          : Number(frames.readBigUInt64BE(at + 2));
    texts.push(frames.toString('utf8', start, start + length));
    at = start + length;
  }
  return texts;
}
