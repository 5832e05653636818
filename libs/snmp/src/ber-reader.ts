/**
 * Reads BER (X.690) with definite lengths and tags of one byte, which is all that SNMP uses (RFC 3417 section 8). It
 * never throws: after the first thing that does not fit, `failed` is set and every further answer is empty.
 */
export class BerReader {
  readonly bytes: Uint8Array;
  failed = false;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get hasMore(): boolean {
    return !this.failed && this.#at < this.#end;
  }

  /** Where the content begins that `next` or `expect` has read; its end is where the next element begins. */
  contentStart = 0;
  contentEnd = 0;

  /** Reads an element and returns its tag; its content lies from `contentStart` to `contentEnd`. */
  next(): number {
    const { bytes } = this;
    let at = this.#at;
    const tag = bytes[at++] ?? -1;
    let length = bytes[at++] ?? -1;
    if (length > 0x7f) {
      const size = length & 0x7f;
      if (size === 0 || size > 4) return this.#fail();
      length = 0;
      for (let i = 0; i < size; i += 1) length = length * 256 + (bytes[at++] ?? 0);
    }
    if (length < 0 || at + length > this.#end) return this.#fail();
    this.contentStart = at;
    this.contentEnd = at + length;
    this.#at = this.contentEnd;
    return tag;
  }

  /** Reads an element that must have this tag. */
  expect(tag: number): boolean {
    if (this.failed || this.next() !== tag) this.#fail();
    return !this.failed;
  }

  /** Reads an INTEGER of up to 32 bits; 0 when it is none. */
  integer(): number {
    if (!this.expect(0x02) || this.contentEnd - this.contentStart > 4) {
      this.#fail();
      return 0;
    }
    return signed(this.bytes, this.contentStart, this.contentEnd);
  }

  /** Goes into the element that was just read. */
  enter(): void {
    this.#at = this.contentStart;
    this.#end = this.contentEnd;
  }

  #fail(): number {
    this.failed = true;
    this.contentStart = 0;
    this.contentEnd = 0;
    return -1;
  }
}

/** Two's complement of up to 6 bytes. */
export function signed(bytes: Uint8Array, start: number, end: number): number {
  let value = (bytes[start] ?? 0) > 0x7f && end > start ? -1 : 0;
  for (let at = start; at < end; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}
