/**
 * Unsigned big-endian integer of 1 to 8 bytes; reduced-size encoding makes any of these lengths possible
 * (RFC 7011 section 6.2, and exporters of v9 do the same). What a double cannot hold exactly becomes
 * Number.MAX_SAFE_INTEGER.
 */
export function readUnsigned(view: DataView, at: number, length: number): number {
  switch (length) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    default: {
      let value = 0;
      for (let i = 0; i < length; i += 1) value = value * 256 + view.getUint8(at + i);
      return Math.min(value, Number.MAX_SAFE_INTEGER);
    }
  }
}
