/*
 * The part of BER (X.690) that SNMP uses: definite lengths, and tags of one byte.
 */

/** The bytes are not the BER that SNMP uses. */
export class BerError extends Error {
  override readonly name = 'BerError';
}

export type Oid = readonly number[];

export const tags = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

/** One element of tag, length and content, read from the front of bytes that others may follow. */
export class BerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws BerError when the bytes end too early */
  next(): { readonly tag: number; readonly content: Uint8Array } {
    const tag = this.#byte();
    let length = this.#byte();
    if (length === 0x80 || length > 0x84) throw new BerError('unusable length');
    if (length > 0x80) {
      let value = 0;
      for (let count = length & 0x7f; count > 0; count -= 1) value = value * 256 + this.#byte();
      length = value;
    }
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new BerError('content ends too early');
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, content };
  }

  /** @throws BerError when the next element has another tag */
  expect(tag: number): Uint8Array {
    const element = this.next();
    if (element.tag !== tag)
      throw new BerError(`tag 0x${element.tag.toString(16)} where 0x${tag.toString(16)} belongs`);
    return element.content;
  }

  /** @throws BerError on another type, or one that does not fit 32 bits */
  integer(): number {
    const content = this.expect(tags.integer);
    if (content.length === 0 || content.length > 5) throw new BerError('not a 32-bit integer');
    return content.reduce((value, byte) => value * 256 + byte, (content[0] ?? 0) > 0x7f ? -1 : 0);
  }

  /** @throws BerError when it is no object identifier */
  oid(): Oid {
    const content = this.expect(tags.oid);
    const arcs: number[] = [];
    let value = 0;
    for (const [index, byte] of content.entries()) {
      value = value * 128 + (byte & 0x7f);
      if (value > 0xffffffff) throw new BerError('arc over 32 bits');
      if (byte < 0x80) {
        arcs.push(value);
        value = 0;
      } else if (index === content.length - 1) throw new BerError('object identifier ends too early');
    }
    const [first = 0, ...rest] = arcs;
    const top = Math.min(2, Math.floor(first / 40));
    return [top, first - 40 * top, ...rest];
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new BerError('ends too early');
    this.#at += 1;
    return byte;
  }
}

export function encodeElement(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), body]);
}

/** Any whole number, in as few bytes as two's complement allows; also for the unsigned types. */
export function encodeWhole(tag: number, value: number | bigint): Buffer {
  let left = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(left & 0xffn));
    left >>= 8n;
  } while (left !== 0n && left !== -1n);
  const negative = left === -1n;
  if (negative !== (bytes[0] ?? 0) > 0x7f) bytes.unshift(negative ? 0xff : 0);
  return encodeElement(tag, Uint8Array.from(bytes));
}

export function encodeOid(oid: Oid): Buffer {
  const [top = 0, second = 0, ...rest] = oid;
  const bytes = [40 * top + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) | 0x80);
    }
    return groups;
  });
  return encodeElement(tags.oid, Uint8Array.from(bytes));
}

/** Below zero when `a` comes first in the order of a walk. */
export function compareOids(a: Oid, b: Oid): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
