import type { Oid } from './oid.ts';

/** One element (X.690): tag, definite length, content. */
export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const element = new Uint8Array(1 + size.length + length);
  element[0] = tag;
  element.set(size, 1);
  let at = 1 + size.length;
  for (const part of parts) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

/** An INTEGER from 0 to 2^31 - 1. */
export function encodeInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(rest & 0xff);
    rest >>>= 8;
  } while (rest > 0);
  if ((bytes[0] ?? 0) > 0x7f) bytes.unshift(0);
  return encodeElement(0x02, Uint8Array.from(bytes));
}

/** Longer than any identifier of 128 arcs (RFC 2578 section 3.5). */
const scratch = new Uint8Array(1_024);
const DOT = 46;
const ZERO = 48;

/** The content of an OBJECT IDENTIFIER of at most 128 arcs up to 2^32 - 1. */
export function encodeArcs(oid: Oid): Uint8Array {
  let length = 0;
  let arc = 0;
  let top = -1;
  for (let i = 0; i <= oid.length; i += 1) {
    const code = i === oid.length ? DOT : oid.charCodeAt(i);
    if (code !== DOT) {
      arc = arc * 10 + (code - ZERO);
      continue;
    }
    if (top === -1) top = arc;
    else length = writeArc(length === 0 ? top * 40 + arc : arc, length);
    arc = 0;
  }
  return scratch.slice(0, length);
}

function writeArc(arc: number, at: number): number {
  const groups = arc < 0x80 ? 1 : arc < 0x4000 ? 2 : arc < 0x20_0000 ? 3 : arc < 0x1000_0000 ? 4 : 5;
  let rest = arc;
  for (let i = groups - 1; i >= 0; i -= 1) {
    scratch[at + i] = (rest % 0x80) | (i === groups - 1 ? 0 : 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return at + groups;
}

/** Dotted decimal of the content of an OBJECT IDENTIFIER; undefined when an arc is cut or above 2^32 - 1. */
export function decodeArcs(bytes: Uint8Array, start: number, end: number): Oid | undefined {
  let text = '';
  let arc = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    arc = arc * 0x80 + (byte & 0x7f);
    if (arc > 0xff_ff_ff_ff + 80) return undefined;
    if (byte > 0x7f) {
      if (at === end - 1) return undefined;
      continue;
    }
    if (text === '') {
      const top = Math.min(2, Math.floor(arc / 40));
      text = `${top}.${arc - top * 40}`;
    } else text += `.${arc}`;
    arc = 0;
  }
  return text === '' ? undefined : text;
}
