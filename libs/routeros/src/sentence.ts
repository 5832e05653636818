import { ProtocolError } from './errors.ts';

/*
 * The wire format of the RouterOS API (manual, "API", "API words"): a sentence is a sequence of words closed by an empty
 * word; a word is its length in bytes and then its bytes. The length takes one to five bytes, big-endian:
 *
 *   0xxxxxxx                                      up to 0x7F
 *   10xxxxxx xxxxxxxx                             up to 0x3FFF
 *   110xxxxx xxxxxxxx xxxxxxxx                    up to 0x1FFFFF
 *   1110xxxx xxxxxxxx xxxxxxxx xxxxxxxx           up to 0xFFFFFFF
 *   11110000 xxxxxxxx xxxxxxxx xxxxxxxx xxxxxxxx  up to 0xFFFFFFFF
 *
 * A first byte from 0xF8 on is a reserved control byte: nobody knows how long what follows is.
 */

/** What a peer may make the decoder hold. */
export interface SentenceLimits {
  /** Longest word accepted, in bytes. Default 1 MiB. */
  readonly maxWordBytes?: number;
  /** Most words in a sentence. Default 4096. */
  readonly maxSentenceWords?: number;
  /** Most bytes in the words of a sentence. Default 4 MiB. */
  readonly maxSentenceBytes?: number;
}

/**
 * The bytes of one sentence, words as UTF-8.
 * @throws ProtocolError on an empty word (it would end the sentence)
 */
export function encodeSentence(words: readonly string[]): Uint8Array {
  let size = 1;
  for (const word of words) size += wordSize(word);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const word of words) at = writeWord(bytes, at, word);
  bytes[at] = 0;
  return bytes;
}

/** A word with its length. */
export function encodeWord(word: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(wordSize(word));
  writeWord(bytes, 0, word);
  return bytes;
}

/** The length prefix of a word of `length` bytes, 0 to 0xFFFFFFFF. */
export function encodeLength(length: number): Uint8Array {
  const bytes = new Uint8Array(prefixSize(length));
  writeLength(bytes, 0, length);
  return bytes;
}

function wordSize(word: string): number {
  if (word === '') throw new ProtocolError('a sentence cannot hold an empty word');
  const length = Buffer.byteLength(word);
  return prefixSize(length) + length;
}

/** @returns where the next word goes */
function writeWord(bytes: Buffer, at: number, word: string): number {
  const start = writeLength(bytes, at, Buffer.byteLength(word));
  return start + bytes.write(word, start);
}

function prefixSize(length: number): number {
  if (length <= 0x7f) return 1;
  if (length <= 0x3fff) return 2;
  if (length <= 0x1fffff) return 3;
  return length <= 0xfffffff ? 4 : 5;
}

/** First bits of a prefix by its size. */
const markers = [0, 0, 0x80, 0xc0, 0xe0, 0xf0];

/** @returns where the word begins */
function writeLength(bytes: Uint8Array, at: number, length: number): number {
  const size = prefixSize(length);
  for (let i = size - 1, rest = length; i >= 0; i -= 1, rest = Math.floor(rest / 256))
    bytes[at + i] = rest & 0xff;
  bytes[at] = (bytes[at] ?? 0) | (markers[size] ?? 0);
  return at + size;
}

/**
 * The length prefix at `at`: its own size and the length it tells; undefined while bytes are missing.
 * Longer forms than needed are accepted.
 * @throws ProtocolError on a reserved control byte
 */
export function decodeLength(
  bytes: Uint8Array,
  at: number,
): { readonly size: number; readonly length: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first > 0xf0)
    throw new ProtocolError(`reserved control byte 0x${first.toString(16)} where a length was expected`);
  const [size, value] =
    first < 0x80
      ? [1, first]
      : first < 0xc0
        ? [2, first & 0x3f]
        : first < 0xe0
          ? [3, first & 0x1f]
          : first < 0xf0
            ? [4, first & 0x0f]
            : [5, 0];
  if (bytes.length < at + size) return undefined;
  return { size, length: bytes.subarray(at + 1, at + size).reduce((sum, byte) => sum * 256 + byte, value) };
}

/** Sentences out of a byte stream, however it is cut into chunks. Holds at most one unfinished sentence and a chunk. */
export class SentenceDecoder {
  readonly #limits: Required<SentenceLimits>;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Bytes that must be there before looking again is worth it. */
  #wanted = 1;
  #words: string[] = [];
  #sentenceBytes = 0;
  #broken: ProtocolError | undefined;

  constructor(limits: SentenceLimits = {}) {
    this.#limits = {
      maxWordBytes: 2 ** 20,
      maxSentenceWords: 4_096,
      maxSentenceBytes: 4 * 2 ** 20,
      ...limits,
    };
  }

  /**
   * Takes the next bytes of the stream.
   * @returns the sentences completed by them, without the empty ones
   * @throws ProtocolError on a reserved control byte or an exceeded limit, and then at every call
   */
  push(chunk: Uint8Array): string[][] {
    if (this.#broken) throw this.#broken;
    if (chunk.length === 0) return [];
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#wanted) return [];
    try {
      return this.#parse(this.#chunks.length === 1 ? asBuffer(chunk) : Buffer.concat(this.#chunks));
    } catch (error) {
      if (error instanceof ProtocolError) this.#broken = error;
      this.#chunks = [];
      throw error;
    }
  }

  #parse(bytes: Buffer): string[][] {
    const sentences: string[][] = [];
    let at = 0;
    let wanted = 1;
    for (;;) {
      // Nearly every word is short.
      let length = bytes[at] ?? 0xff;
      let start = at + 1;
      if (length > 0x7f) {
        const prefix = decodeLength(bytes, at);
        if (!prefix) {
          wanted = bytes.length - at + 1;
          break;
        }
        length = prefix.length;
        start = at + prefix.size;
      }
      if (length === 0) {
        if (this.#words.length > 0) sentences.push(this.#words);
        this.#words = [];
        this.#sentenceBytes = 0;
        at = start;
        continue;
      }
      this.#admit(length);
      const end = start + length;
      if (end > bytes.length) {
        wanted = end - at;
        break;
      }
      this.#words.push(decodeWord(bytes, start, end));
      this.#sentenceBytes += length;
      at = end;
    }
    this.#buffered = bytes.length - at;
    this.#chunks = this.#buffered > 0 ? [bytes.subarray(at)] : [];
    this.#wanted = wanted;
    return sentences;
  }

  #admit(length: number): void {
    const { maxWordBytes, maxSentenceWords, maxSentenceBytes } = this.#limits;
    if (length > maxWordBytes)
      throw new ProtocolError(`a word of ${length} bytes is over the limit of ${maxWordBytes}`);
    if (this.#words.length >= maxSentenceWords) {
      throw new ProtocolError(`a sentence is over the limit of ${maxSentenceWords} words`);
    }
    if (this.#sentenceBytes + length > maxSentenceBytes) {
      throw new ProtocolError(`a sentence is over the limit of ${maxSentenceBytes} bytes`);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The protocol names no encoding: modern tools write UTF-8, older WinBox a one-byte code page. */
function decodeWord(bytes: Buffer, start: number, end: number): string {
  if (isAscii(bytes, start, end)) return bytes.toString('latin1', start, end);
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return bytes.toString('latin1', start, end);
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
