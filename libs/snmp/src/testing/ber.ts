/** Just enough BER (X.690) for an SNMPv2c agent in tests: definite lengths, tags of one byte. */

export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** Two's complement in as few bytes as possible. */
export function encodeInteger(tag: number, value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  if (value >= 0n && isNegative) bytes.unshift(0);
  if (value < 0n && !isNegative) bytes.unshift(0xff);
  return encodeElement(tag, Buffer.from(bytes));
}

export function encodeOid(oid: string): Buffer {
  const [first = 0, second = 0, ...arcs] = oid.split('.').map(Number);
  return encodeElement(0x06, Buffer.from([first * 40 + second, ...arcs.flatMap(encodeArc)]));
}

function encodeArc(arc: number): number[] {
  const groups = [arc % 0x80];
  for (let rest = Math.floor(arc / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) {
    groups.unshift((rest % 0x80) | 0x80);
  }
  return groups;
}

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements that follow one another in these bytes. */
export function decodeElements(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const longBytes = short & 0x80 ? short & 0x7f : 0;
    const size = longBytes === 0 ? short : bytes.readUIntBE(at + 2, longBytes);
    const start = at + 2 + longBytes;
    elements.push({ tag, content: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return elements;
}

export function decodeInteger(content: Buffer): number {
  return content.readIntBE(0, content.length);
}

export function decodeOid(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 0x80 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  return [Math.floor(head / 40), head % 40, ...rest].join('.');
}
