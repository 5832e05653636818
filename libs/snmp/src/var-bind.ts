import { signed } from './ber-reader.ts';
import { decodeArcs } from './ber-writer.ts';
import type { Oid } from './oid.ts';

/**
 * A value as it was read: whole numbers that a double holds exactly as number, larger ones as bigint, texts and addresses as
 * bytes, object identifiers as text.
 */
export type SnmpValue = number | bigint | Uint8Array | string | null;

export interface VarBind {
  readonly oid: Oid;
  /** Undefined for noSuchObject, noSuchInstance and endOfMibView (RFC 3416 section 3): the agent has no such value. */
  readonly value: SnmpValue | undefined;
}

/** Tags of the types of SMIv2 (RFC 2578 section 7.1, RFC 3416 section 3). */
export const types = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

/** The value of an element of this tag and content; null when it is not a value of its type. Never throws. */
export function decodeValue(
  tag: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): SnmpValue | undefined {
  switch (tag) {
    case types.counter64:
    case types.counter32:
    case types.gauge32:
    case types.timeTicks:
      return unsigned(bytes, start, end);
    case types.octetString:
    case types.ipAddress:
      return bytes.slice(start, end);
    case types.integer:
      return end - start >= 1 && end - start <= 6 ? signed(bytes, start, end) : null;
    case types.oid:
      return decodeArcs(bytes, start, end) ?? null;
    case types.opaque:
      return decodeOpaque(bytes, start, end);
    case types.noSuchObject:
    case types.noSuchInstance:
    case types.endOfMibView:
      return undefined;
    default:
      return null;
  }
}

/**
 * An unsigned number of up to 64 bits. Agents that write a number above 2^31 without its leading zero byte are understood
 * as they mean it.
 */
function unsigned(bytes: Uint8Array, start: number, end: number): number | bigint | null {
  let at = start;
  while (at < end - 1 && bytes[at] === 0) at += 1;
  const length = end - at;
  if (length < 1 || length > 8) return null;
  let high = 0;
  for (; at < end - 4; at += 1) high = high * 256 + (bytes[at] ?? 0);
  let low = 0;
  for (; at < end; at += 1) low = low * 256 + (bytes[at] ?? 0);
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : BigInt(high) * 0x1_0000_0000n + BigInt(low);
}

/** Net-SNMP's float and double in an Opaque: 9f 78 04 and 9f 79 08; any other Opaque stays bytes. */
function decodeOpaque(bytes: Uint8Array, start: number, end: number): number | Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  if (view.byteLength === 7 && view.getUint16(0) === 0x9f78 && view.getUint8(2) === 4)
    return view.getFloat32(3);
  if (view.byteLength === 11 && view.getUint16(0) === 0x9f79 && view.getUint8(2) === 8)
    return view.getFloat64(3);
  return bytes.slice(start, end);
}
