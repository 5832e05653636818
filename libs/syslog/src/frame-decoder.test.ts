import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder } from './index.ts';

const MAX_BYTES = 64;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Taken {
  readonly messages: string[];
  readonly dropped: number;
}

/** Feeds a stream in chunks of the given sizes, over and over. */
function take(stream: string | Uint8Array, sizes: readonly number[] = [1e9], splitAtPri = true): Taken {
  const bytes = typeof stream === 'string' ? encoder.encode(stream) : stream;
  const frames = createFrameDecoder({ maxMessageBytes: MAX_BYTES, splitAtPri });
  const messages: string[] = [];
  const keep = (all: readonly Uint8Array[]): void => {
    messages.push(...all.map((message) => decoder.decode(message)));
  };
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    keep(frames.push(bytes.slice(at, at + size)));
    at += size;
  }
  keep(frames.end());
  return { messages, dropped: frames.dropped['too-long'] };
}

const counted = (message: string): string => `${encoder.encode(message).length} ${message}`;
const A = '<30>Oct  2 17:36:35 gw first';
const B = '<27>2024-10-02T17:36:35 gw second';
const C = '<1>1 - - - - - -';

describe('a stream', () => {
  it.each<[name: string, stream: string, messages: string[]]>([
    ['of octet counts', counted(A) + counted('<1>a\nb') + counted(C), [A, '<1>a\nb', C]],
    ['of octet counts with line ends between', `${counted(A)}\n${counted(C)}\r\n`, [A, C]],
    ['of lines', `${A}\n${B}\r\n\n${C}`, [A, B, C]],
    ['of zeros', `${A}\0${B}\0`, [A, B]],
    ['of RouterOS, without delimiters', A + B + C + A, [A, B, C, A]],
    ['that mixes them', `${counted(C)}${A}\n${counted(A)}${B}\0`, [C, A, A, B]],
    [
      'of lines that begin with numbers',
      '12 apples\n007 <x\n1234567890 <1>\n',
      ['12 apples', '007 <x', '1234567890 <1>'],
    ],
    ['that ends within a counted message', '16 <1>2', ['<1>2']],
    ['of nothing', '\r\n\0\n', []],
  ])('%s', (_name, stream, messages) => {
    for (const sizes of [[1e9], [1], [2], [3, 1], [7]]) {
      expect(take(stream, sizes)).toEqual({ messages, dropped: 0 });
    }
  });

  it('of lines is not split at what text says', () => {
    const line = `${A} login failure for user ${B}`.slice(0, MAX_BYTES);
    expect(take(`${C}\n${line}\n`).messages).toEqual([C, line]);
    expect(take(`${line}\n`, [5], false).messages).toEqual([line]);
  });

  it('without delimiters is not split at a number in angle brackets', () => {
    const message = '<30>Oct  2 17:36:35 gw a<13>b <1>1 x <999>Octo';
    expect(take(message + A, [1]).messages).toEqual([message, A]);
  });

  it('loses a message that is too long, counts it, and goes on with the next', () => {
    const long = 'x'.repeat(MAX_BYTES + 1);
    const fits = 'y'.repeat(MAX_BYTES);
    for (const sizes of [[1e9], [1], [10]]) {
      expect(take(`${long}\n${fits}\r\n${long.repeat(9)}\0${A}`, sizes)).toEqual({
        messages: [fits, A],
        dropped: 2,
      });
      expect(take(counted(`<1>${long}`) + counted(A), sizes)).toEqual({ messages: [A], dropped: 1 });
      expect(take(`999999999 <1>${long}\n${A}`, sizes)).toEqual({ messages: [], dropped: 1 });
      expect(take(A + A + long + B, sizes)).toEqual({ messages: [A, B], dropped: 1 });
    }
  });

  it('that has fallen silent gives a message without an end, unless there must be more of it', () => {
    const flushed = (stream: string, splitAtPri = true): string[] => {
      const frames = createFrameDecoder({ maxMessageBytes: MAX_BYTES, splitAtPri });
      frames.push(encoder.encode(stream));
      const messages = frames.flush().map((message) => decoder.decode(message));
      expect(frames.isWithinMessage).toBe(messages.length === 0 && stream.at(-1) !== '\n');
      return messages;
    };
    expect(flushed(A)).toEqual([A]);
    expect(flushed(A + B)).toEqual([B]);
    expect(flushed(`${A}\n`)).toEqual([]);
    expect(flushed(`${A}\n${B}`)).toEqual([]);
    expect(flushed(counted(A).slice(0, -1))).toEqual([]);
    expect(flushed('12')).toEqual([]);
    expect(flushed('x'.repeat(2 * MAX_BYTES))).toEqual([]);
    expect(flushed(A, false)).toEqual([]);
  });

  it('goes on behind a silence', () => {
    const frames = createFrameDecoder({ maxMessageBytes: MAX_BYTES, splitAtPri: true });
    const given = [A, B, A].flatMap((text) => [...frames.push(encoder.encode(text)), ...frames.flush()]);
    expect(given.map((message) => decoder.decode(message))).toEqual([A, B, A]);
  });

  it('holds no more than one message', () => {
    const frames = createFrameDecoder({ maxMessageBytes: MAX_BYTES, splitAtPri: true });
    const chunk = new Uint8Array(1_000).fill(0x61);
    for (let i = 0; i < 1_000; i += 1) expect(frames.push(chunk)).toEqual([]);
    expect(frames.end()).toEqual([]);
    expect(frames.dropped).toEqual({ 'too-long': 1 });
  });

  it('gives the same messages however it is cut', () => {
    const piece = fc.constantFrom(
      A,
      B,
      C,
      '<13>',
      '\n',
      '\0',
      '\r',
      '16 ',
      '5 <1',
      '70 <',
      ' ',
      'Oct 12 ',
      '1 -',
      'z'.repeat(50),
    );
    const stream = fc
      .array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: fc.string() }), {
        maxLength: 20,
      })
      .map((pieces) => pieces.join(''));
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(stream, sizes, fc.boolean(), (text, cuts, splitAtPri) => {
        expect(take(text, cuts, splitAtPri)).toEqual(take(text, [1e9], splitAtPri));
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_000) },
    );
  });

  it('of counted messages gives each of them, whatever they hold', () => {
    const message = fc.string({ maxLength: 12 }).map((text) => `<1>${text}.`);
    fc.assert(
      fc.property(fc.array(message), fc.integer({ min: 1, max: 20 }), (messages, size) => {
        expect(take(messages.map(counted).join(''), [size])).toEqual({ messages, dropped: 0 });
      }),
    );
  });

  it('of any bytes is taken apart without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        expect(take(bytes, [size])).toEqual(take(bytes));
      }),
    );
  });
});
