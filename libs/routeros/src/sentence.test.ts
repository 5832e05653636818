import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { decodeLength, encodeLength, encodeSentence, SentenceDecoder } from './sentence.ts';

const bytes = (...words: string[]): Uint8Array => encodeSentence(words);
const reply = ['!re', '.tag=7', '=comment=Łącze nr 2 = "zapasowe"', '=rx-byte=18446744073709551615'];
const sentences = fc.array(
  fc.array(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), { minLength: 1, maxLength: 8 }),
);

describe('length of a word', () => {
  it.each([
    [0x7f, [0x7f]],
    [0x80, [0x80, 0x80]],
    [0x3fff, [0xbf, 0xff]],
    [0x4000, [0xc0, 0x40, 0x00]],
    [0x1fffff, [0xdf, 0xff, 0xff]],
    [0x200000, [0xe0, 0x20, 0x00, 0x00]],
    [0xfffffff, [0xef, 0xff, 0xff, 0xff]],
    [0x10000000, [0xf0, 0x10, 0x00, 0x00, 0x00]],
    [0xffffffff, [0xf0, 0xff, 0xff, 0xff, 0xff]],
  ])('%d is written in its class', (length, prefix) => {
    expect([...encodeLength(length)]).toEqual(prefix);
    expect(decodeLength(Uint8Array.from(prefix), 0)).toEqual({ size: prefix.length, length });
  });

  it('survives the way to bytes and back, and says when bytes are missing', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (length) => {
        const prefix = encodeLength(length);
        expect(decodeLength(prefix, 0)).toEqual({ size: prefix.length, length });
        expect(decodeLength(prefix.subarray(0, -1), 0)).toBeUndefined();
      }),
    );
  });
});

describe('SentenceDecoder', () => {
  it('counts bytes, not characters', () => {
    expect([...bytes('żó')]).toEqual([4, 0xc5, 0xbc, 0xc3, 0xb3, 0]);
    expect(new SentenceDecoder().push(bytes(...reply))).toEqual([reply]);
  });

  it('gives the same sentences at every split offset', () => {
    const stream = Buffer.concat([bytes(...reply), bytes('!re', `=x=${'y'.repeat(200)}`), bytes('!done')]);
    const whole = new SentenceDecoder().push(stream);
    expect(whole).toHaveLength(3);
    for (let offset = 0; offset <= stream.length; offset += 1) {
      const decoder = new SentenceDecoder();
      expect([...decoder.push(stream.subarray(0, offset)), ...decoder.push(stream.subarray(offset))]).toEqual(
        whole,
      );
    }
  });

  it('gives back what was encoded, byte by byte, coalesced, or cut anywhere', () => {
    fc.assert(
      fc.property(sentences, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (wanted, sizes) => {
        const stream = Buffer.concat(wanted.map(encodeSentence));
        const cut = new SentenceDecoder();
        const found: string[][] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...cut.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(found).toEqual(wanted);
        const single = new SentenceDecoder();
        expect([...stream].flatMap((byte) => single.push(Uint8Array.of(byte)))).toEqual(wanted);
        expect(new SentenceDecoder().push(stream)).toEqual(wanted);
      }),
    );
  });

  it.each([0x80, 0x4000, 0x200000])('reads a word of %d bytes', (length) => {
    const word = 'x'.repeat(length);
    const decoder = new SentenceDecoder({ maxWordBytes: length });
    expect(decoder.push(bytes('!re', word))).toEqual([['!re', word]]);
  });

  it('ignores empty sentences', () => {
    expect(new SentenceDecoder().push(Uint8Array.of(0, 0, 1, 0x61, 0, 0))).toEqual([['a']]);
  });

  it('reads a word that is not UTF-8 as latin1, and that word only', () => {
    const mixed = Buffer.concat([bytes('é').subarray(0, -1), Uint8Array.of(2, 0xe9, 0x41, 0)]);
    expect(new SentenceDecoder().push(mixed)).toEqual([['é', 'éA']]);
  });

  it.each([0xf1, 0xf8, 0xff])('refuses the control byte %d for good', (byte) => {
    const decoder = new SentenceDecoder();
    expect(() => decoder.push(Uint8Array.of(byte))).toThrow(ProtocolError);
    expect(() => decoder.push(bytes('!done'))).toThrow(ProtocolError);
  });

  it('refuses a long word by its length alone, before the bytes come', () => {
    expect(() => new SentenceDecoder().push(encodeLength(0x10000000))).toThrow('over the limit of 1048576');
  });

  it('refuses a sentence without end', () => {
    const words = new SentenceDecoder({ maxSentenceWords: 3 });
    expect(() => words.push(bytes('a', 'b', 'c', 'd'))).toThrow('over the limit of 3 words');
    const size = new SentenceDecoder({ maxSentenceBytes: 5 });
    expect(() => size.push(bytes('abc', 'def'))).toThrow('over the limit of 5 bytes');
  });

  it('never fails other than by ProtocolError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const decoder = new SentenceDecoder();
        try {
          for (const chunk of chunks) decoder.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
    );
  });
});

describe('encodeSentence', () => {
  it('refuses an empty word, which would end the sentence', () => {
    expect(() => encodeSentence(['/login', ''])).toThrow(ProtocolError);
  });
});
