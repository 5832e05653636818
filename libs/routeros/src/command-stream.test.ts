import { afterEach, describe, expect, it } from 'vitest';
import { createMemorySession, type MemoryWire } from '../testing/index.ts';
import type { RouterosStream, StreamOptions } from './command-stream.ts';
import {
  AmbiguousWriteError,
  ConnectionLostError,
  FatalError,
  NotAllowedError,
  StreamOverflowError,
  TimeoutError,
  TooManyCommandsError,
  TrapError,
} from './errors.ts';
import type { RouterosSession, SessionEvent, SessionOptions } from './session.ts';

const LISTEN = '/interface/listen';
const PRINT = '/interface/print';
const FETCH = '/tool/fetch';
/** The stream is the first command, so it has the first tag; its cancel has the next. */
const TAG = '.tag=1';
const CANCEL_TAG = '.tag=c2';
const INTERRUPTED = ['=category=2', '=message=interrupted'] as const;

describe('stream', () => {
  let session: RouterosSession;
  let wire: MemoryWire;
  let events: SessionEvent[];
  afterEach(() => session.close());

  function begin(options: Partial<SessionOptions> = {}): void {
    events = [];
    ({ session, wire } = createMemorySession([LISTEN, PRINT, FETCH], {
      onEvent: (event) => events.push(event),
      ...options,
    }));
  }

  function listen(options: Partial<StreamOptions> = {}): RouterosStream {
    begin();
    return session.stream([LISTEN], { overflow: 'fail', ...options });
  }

  const row = (name: string): void => wire.say('!re', TAG, `=name=${name}`);

  /** Names up to the end; an error is the last of them. */
  async function readAll(stream: RouterosStream): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name = '' } of stream) names.push(name);
    } catch (error) {
      names.push(error instanceof Error ? `${error.name}: ${error.message}` : 'not an Error');
    }
    return names;
  }

  it('gives rows as they come, until the router ends the command', async () => {
    const stream = listen();
    await wire.flush();
    expect(wire.sent).toEqual([[LISTEN, TAG]]);
    row('a');
    const reading = readAll(stream);
    await wire.flush();
    row('b');
    wire.say('!done', TAG);
    expect(await reading).toEqual(['a', 'b']);
    await stream.cancel();
    expect(wire.sent).toHaveLength(1);
  });

  describe('cancel', () => {
    const target = (word: string, ...rest: string[]) => [word, TAG, ...rest];
    const own = (word: string, ...rest: string[]) => [word, CANCEL_TAG, ...rest];
    it.each([
      ['after the trap, before the end', [target('!trap', ...INTERRUPTED), own('!done'), target('!done')]],
      ['after the end', [target('!trap', ...INTERRUPTED), target('!done'), own('!done')]],
      ['before the trap', [own('!done'), target('!trap', ...INTERRUPTED), target('!done')]],
      ['and the command just ends', [own('!done'), target('!done')]],
      ['after rows under way', [target('!re', '=name=late'), own('!done'), target('!done')]],
      [
        'too late, since the command had ended',
        [target('!done'), own('!trap', '=message=no such command'), own('!done')],
      ],
    ])('is confirmed %s', async (_when, sentences) => {
      const stream = listen();
      row('a');
      let confirmed = false;
      const cancelled = stream.cancel().then(() => (confirmed = true));
      await wire.flush();
      expect(wire.sent[1]).toEqual(['/cancel', '=tag=1', CANCEL_TAG]);
      for (const words of sentences) {
        await wire.flush();
        expect(confirmed).toBe(false);
        wire.say(...words);
      }
      await cancelled;
      expect(await readAll(stream)).toEqual(['a']);
      expect(events).toEqual([]);
      await stream.cancel();
      expect(wire.sent).toHaveLength(2);
    });

    it('tells what the router says besides', async () => {
      const stream = listen();
      const cancelled = stream.cancel();
      wire.say('!trap', TAG, '=message=failure');
      wire.say('!trap', TAG, ...INTERRUPTED);
      wire.say('!done', CANCEL_TAG);
      wire.say('!done', TAG);
      await cancelled;
      expect(await readAll(stream)).toEqual(['TrapError: failure']);
    });

    it('is no end by itself: an interruption that nobody asked for is an error', async () => {
      const stream = listen();
      wire.say('!trap', TAG, ...INTERRUPTED);
      wire.say('!done', TAG);
      expect(await readAll(stream)).toEqual(['TrapError: interrupted']);
    });

    it.each([
      ['answers nothing', []],
      ['answers the cancel only', [['!done', CANCEL_TAG]]],
      [
        'refuses the cancel',
        [
          ['!trap', CANCEL_TAG, '=message=unknown tag'],
          ['!done', CANCEL_TAG],
        ],
      ],
    ])('has a deadline when the router %s; late rows are events', async (_what, sentences) => {
      const stream = listen({ cancelTimeoutMs: 20 });
      row('a');
      const cancelled = stream.cancel();
      for (const words of sentences) wire.say(...words);
      await expect(cancelled).rejects.toBeInstanceOf(TimeoutError);
      expect(await readAll(stream)).toEqual([
        'a',
        `TimeoutError: router:8728: ${LISTEN} did not stop within 20 ms`,
      ]);
      row('late');
      expect(events).toEqual([{ kind: 'unknown-tag', tag: '1', word: '!re' }]);
      const reply = session.execute([PRINT]);
      wire.say('!done', '.tag=3');
      expect(await reply).toEqual({ records: [] });
    });

    it('follows when the consumer leaves the loop, and waits for it', async () => {
      const stream = listen();
      for (const name of ['a', 'b', 'c']) row(name);
      const loop = (async () => {
        for await (const { name } of stream) if (name === 'b') break;
      })();
      await wire.flush();
      expect(wire.sent[1]?.[0]).toBe('/cancel');
      wire.say('!done', CANCEL_TAG);
      wire.say('!trap', TAG, ...INTERRUPTED);
      wire.say('!done', TAG);
      await loop;
      expect(await readAll(stream)).toEqual([]);
    });

    it('follows the signal, also one that was there before', async () => {
      const stop = new AbortController();
      const stream = listen({ signal: stop.signal });
      const reading = readAll(stream);
      stop.abort();
      await wire.flush();
      wire.say('!done', CANCEL_TAG);
      wire.say('!done', TAG);
      expect(await reading).toEqual([]);
      await session.close();
      listen({ signal: stop.signal });
      await wire.flush();
      expect(wire.sent.map(([command]) => command)).toEqual([LISTEN, '/cancel']);
    });

    it('is sent even when no other command is', async () => {
      begin({ maxPending: 1 });
      const stream = session.stream([LISTEN], { overflow: 'fail' });
      await expect(session.execute([PRINT])).rejects.toBeInstanceOf(TooManyCommandsError);
      expect(() => session.stream([LISTEN], { overflow: 'fail' })).toThrow(TooManyCommandsError);
      const cancelled = stream.cancel();
      wire.say('!done', CANCEL_TAG);
      wire.say('!done', TAG);
      await cancelled;
    });
  });

  describe('a slow consumer', () => {
    it('loses the oldest rows where that was chosen, and they are counted', async () => {
      const stream = listen({ overflow: 'drop-oldest', maxRows: 3 });
      for (const name of ['a', 'b', 'c', 'd', 'e']) row(name);
      wire.say('!done', TAG);
      expect(stream.dropped).toBe(2);
      expect(await readAll(stream)).toEqual(['c', 'd', 'e']);
    });

    it.each([
      ['rows', { maxRows: 3 }],
      ['bytes', { maxBytes: '!re.tag=1=name=a'.length * 3 + 1 }],
    ])('ends the command where no row may be missed: too many %s', async (_what, limits) => {
      const stream = listen({ overflow: 'fail', ...limits });
      for (const name of ['a', 'b', 'c', 'd', 'e']) row(name);
      await wire.flush();
      expect(wire.sent.map(([command]) => command)).toEqual([LISTEN, '/cancel']);
      wire.say('!trap', TAG, ...INTERRUPTED);
      wire.say('!done', CANCEL_TAG);
      wire.say('!done', TAG);
      const iterator = stream[Symbol.asyncIterator]();
      for (const name of ['a', 'b', 'c']) expect((await iterator.next()).value).toEqual({ name });
      await expect(iterator.next()).rejects.toBeInstanceOf(StreamOverflowError);
      expect(stream.dropped).toBe(0);
    });

    it('costs other commands nothing', async () => {
      const stream = listen({ overflow: 'drop-oldest', maxRows: 1 });
      const reply = session.execute([PRINT]);
      for (let i = 0; i < 10_000; i += 1) row(String(i));
      wire.say('!re', '.tag=2', '=name=ether1');
      wire.say('!done', '.tag=2');
      expect((await reply).records).toEqual([{ name: 'ether1' }]);
      expect(stream.dropped).toBe(9_999);
    });
  });

  it('gives up on silence where that was chosen', async () => {
    const stream = listen({ silenceMs: 30, cancelTimeoutMs: 20 });
    row('a');
    expect(await readAll(stream)).toEqual([
      'a',
      `TimeoutError: router:8728: ${LISTEN} gave nothing for 30 ms`,
    ]);
    expect(wire.sent.map(([command]) => command)).toEqual([LISTEN, '/cancel']);
  });

  it('tells a refusal, and of many traps only the first', async () => {
    const stream = listen();
    for (let i = 0; i < 1_000; i += 1) wire.say('!trap', TAG, '=category=0', '=message=no such command');
    wire.say('!done', TAG);
    const error: unknown = await stream[Symbol.asyncIterator]()
      .next()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TrapError);
    expect(error).toMatchObject({ category: 0, traps: { length: 16 } });
  });

  it('says !empty and unknown words as events', async () => {
    const stream = listen();
    wire.say('!empty', TAG);
    wire.say('!news', TAG);
    row('a');
    wire.say('!done', TAG);
    expect(await readAll(stream)).toEqual(['a']);
    expect(events).toEqual([
      { kind: 'empty', command: LISTEN },
      { kind: 'unknown-word', word: '!news', command: LISTEN },
    ]);
  });

  describe('when the session ends', () => {
    it.each([
      ['the router closes', () => wire.hangUp(), ConnectionLostError],
      ['this side closes', () => void session.close(), ConnectionLostError],
      ['!fatal comes', () => wire.say('!fatal', 'rebooting'), FatalError],
      ['!fatal comes with the tag', () => wire.say('!fatal', TAG, 'rebooting'), FatalError],
    ])('gives what had come, then the reason: %s', async (_what, disturb, kind) => {
      const stream = listen();
      row('a');
      disturb();
      const iterator = stream[Symbol.asyncIterator]();
      expect(await iterator.next()).toEqual({ done: false, value: { name: 'a' } });
      await expect(iterator.next()).rejects.toBeInstanceOf(kind);
      await stream.cancel();
      expect(() => session.stream([LISTEN], { overflow: 'fail' })).toThrow(ConnectionLostError);
    });

    it('a cancel under way is settled', async () => {
      const stream = listen();
      const cancelled = stream.cancel();
      wire.hangUp();
      await cancelled;
      expect(await readAll(stream)).toEqual([]);
    });

    it('a command that may change the router is in doubt', async () => {
      begin();
      const stream = session.stream([FETCH], { overflow: 'fail' });
      wire.hangUp();
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(AmbiguousWriteError);
    });
  });

  it('sends only what is on the allow-list', async () => {
    begin();
    expect(() => session.stream(['/interface/wireless/scan'], { overflow: 'fail' })).toThrow(NotAllowedError);
    expect(() => session.stream([LISTEN, '=do=/system/reboot'], { overflow: 'fail' })).toThrow(
      NotAllowedError,
    );
    await wire.flush();
    expect(wire.sent).toEqual([]);
  });

  it('does not keep a silent router from being asked whether it is there', async () => {
    begin({ keepAliveMs: 15, timeoutMs: 30 });
    const stream = session.stream([LISTEN], { overflow: 'fail' });
    expect(await session.closed).toBeInstanceOf(TimeoutError);
    expect(wire.sent.map(([command]) => command)).toEqual([LISTEN, '/system/identity/print']);
    expect(await readAll(stream)).toHaveLength(1);
  });
});
