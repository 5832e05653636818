import { decodeV5 } from './decode-v5.ts';
import { decodeV9 } from './decode-v9.ts';
import { type DecodeContext, type Decoded, nothing } from './decoded.ts';

/**
 * Decodes one NetFlow v5 or v9 datagram. Never throws, whatever the bytes; no clock and no I/O.
 * Source: RFC 3954 for v9, Cisco's NetFlow export datagram format for v5.
 */
export function decodeNetflow(datagram: Uint8Array, context: DecodeContext): Decoded {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (view.byteLength < 2) {
    return nothing(0, { kind: 'truncated', wantedBytes: 2, hadBytes: view.byteLength });
  }
  const version = view.getUint16(0);
  switch (version) {
    case 5:
      return decodeV5(view, context);
    case 9:
      return decodeV9(view, context);
    default:
      return nothing(version, { kind: 'unsupported-version', version });
  }
}
