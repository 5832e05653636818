import { isSflow } from '@fairlead/netflow';

/** Header and record, in bytes, of the versions with one layout. */
const FIXED: ReadonlyMap<number, readonly [headerBytes: number, recordBytes: number]> = new Map([
  [1, [16, 48]],
  [5, [24, 48]],
  [7, [24, 52]],
]);
const V9_HEADER_BYTES = 20;
const IPFIX_HEADER_BYTES = 16;
const SET_HEADER_BYTES = 4;
const FIRST_DATA_SET = 256;
/** The highest set id below the data sets: options templates of IPFIX. */
const LAST_TEMPLATE_SET = 3;

/** Where NetFlow, IPFIX and sFlow are sent by custom, and nothing else is to be expected. */
const FLOW_PORTS: ReadonlySet<number> = new Set([
  2055, 2056, 2100, 4739, 4740, 6343, 6344, 9025, 9026, 9555, 9991, 9993, 9995, 9996, 9999,
]);

/**
 * Whether a datagram out of a capture is one of flows: by its version on a port of flows or where a part of it is missing;
 * anywhere else its lengths must fit as well, because STUN, QUIC and others begin with the same bytes now and then.
 */
export function isFlowDatagram(payload: Uint8Array, destinationPort: number, isCutShort: boolean): boolean {
  if (isSflow(payload)) return true;
  if (payload.length < 2) return false;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const version = view.getUint16(0);
  const fixed = FIXED.get(version);
  if (!fixed && version !== 9 && version !== 10) return false;
  if (isCutShort || FLOW_PORTS.has(destinationPort)) return true;
  if (fixed) return fitsRecords(view, ...fixed);
  if (version === 9) return fitsSet(view, V9_HEADER_BYTES);
  return fitsSet(view, IPFIX_HEADER_BYTES) && view.getUint16(2) <= payload.length;
}

/** The records that the header counts, and less than one more behind them. */
function fitsRecords(view: DataView, headerBytes: number, recordBytes: number): boolean {
  if (view.byteLength < headerBytes + recordBytes) return false;
  return view.getUint16(2) === Math.floor((view.byteLength - headerBytes) / recordBytes);
}

/** A set that may be there, and is there to its end. */
function fitsSet(view: DataView, at: number): boolean {
  if (view.byteLength < at + SET_HEADER_BYTES) return false;
  const setId = view.getUint16(at);
  const lengthBytes = view.getUint16(at + 2);
  const isKnown = setId <= LAST_TEMPLATE_SET || setId >= FIRST_DATA_SET;
  return isKnown && lengthBytes >= SET_HEADER_BYTES && lengthBytes <= view.byteLength - at;
}
