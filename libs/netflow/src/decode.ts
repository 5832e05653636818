import { decodeFixed, isFixedVersion } from './decode-fixed.ts';
import { decodeSets } from './decode-sets.ts';
import { type DecodeContext, type Decoded, nothing, type OnRecord } from './decoded.ts';
import { isSflow } from './sflow.ts';

const V9_HEADER_BYTES = 20;
const IPFIX_HEADER_BYTES = 16;

/**
 * Decodes one NetFlow v1, v5, v7, v9 or IPFIX datagram. Never throws, whatever the bytes; no clock and no I/O.
 * Source: RFC 3954 for v9, RFC 7011 for IPFIX, Cisco's NetFlow export datagram format for the others.
 */
export function decodeNetflow(datagram: Uint8Array, context: DecodeContext, onRecord?: OnRecord): Decoded {
  context.pool?.reset();
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (view.byteLength < 2) {
    return nothing(0, { kind: 'truncated', wantedBytes: 2, hadBytes: view.byteLength });
  }
  const version = view.getUint16(0);
  if (version === 9) return decodeV9(view, context, onRecord);
  if (version === 10) return decodeIpfix(view, context, onRecord);
  if (isFixedVersion(version)) return decodeFixed(version, view, context, onRecord);
  if (isSflow(datagram)) return nothing(version, { kind: 'sflow', version: view.getUint32(0) });
  return nothing(version, { kind: 'unsupported-version', version });
}

/**
 * `version(2) count(2) sysUptime(4) unixSecs(4) sequence(4) sourceId(4)` (RFC 3954 section 5.1). The count is not
 * used: exporters disagree about what it counts.
 */
function decodeV9(view: DataView, context: DecodeContext, onRecord?: OnRecord): Decoded {
  if (view.byteLength < V9_HEADER_BYTES) {
    return nothing(9, { kind: 'truncated', wantedBytes: V9_HEADER_BYTES, hadBytes: view.byteLength });
  }
  const message = {
    dialect: 'v9' as const,
    speaker: { exporter: context.exporter, version: 9, observationDomain: view.getUint32(16) },
    clock: { uptimeMs: view.getUint32(4), unixMs: view.getUint32(8) * 1000 },
    sequence: view.getUint32(12),
    isWhole: true,
    sets: { view, start: V9_HEADER_BYTES, end: view.byteLength },
  };
  return decodeSets(message, context, onRecord);
}

/**
 * `version(2) length(2) exportTime(4) sequence(4) observationDomain(4)` (RFC 7011 section 3.1). A message cut short
 * is read as far as it goes.
 */
function decodeIpfix(view: DataView, context: DecodeContext, onRecord?: OnRecord): Decoded {
  if (view.byteLength < IPFIX_HEADER_BYTES) {
    return nothing(10, { kind: 'truncated', wantedBytes: IPFIX_HEADER_BYTES, hadBytes: view.byteLength });
  }
  const length = view.getUint16(2);
  const message = {
    dialect: 'ipfix' as const,
    speaker: { exporter: context.exporter, version: 10, observationDomain: view.getUint32(12) },
    clock: { uptimeMs: undefined, unixMs: view.getUint32(4) * 1000 },
    sequence: view.getUint32(8),
    isWhole: length <= view.byteLength,
    sets: { view, start: IPFIX_HEADER_BYTES, end: Math.min(length, view.byteLength) },
  };
  const decoded = decodeSets(message, context, onRecord);
  if (length === view.byteLength) return decoded;
  const problem =
    length > view.byteLength
      ? ({ kind: 'truncated', wantedBytes: length, hadBytes: view.byteLength } as const)
      : ({ kind: 'trailing-bytes', bytes: view.byteLength - length } as const);
  return { ...decoded, problems: [...decoded.problems, problem] };
}
