import type { Flow } from '@fairlead/model';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** More than all fields of a flow but its texts can take: 35 fields, of which six are addresses. */
const MAX_FLOW_BYTES = 512;
/** Most texts whose bytes are kept; there are far fewer interfaces and countries unless somebody makes them up. */
const MAX_TEXTS = 4_096;
const INITIAL_BYTES = 16_384;

const utf8 = new TextEncoder();

/** Gathers flows for one value of the log. */
export interface FlowEncoder {
  add(flows: readonly Flow[]): void;
  /** Bytes gathered so far. */
  readonly byteLength: number;
  /** What was gathered; the encoder is empty afterwards. */
  finish(): Uint8Array;
}

/**
 * Makes the bytes that `encodeFrames(Flow, …)` makes, several times faster: flows are by far the most numerous
 * records. The fields that all flows of a datagram share are encoded once for them, and a flow is not needed any
 * more when it was added.
 */
export function createFlowEncoder(): FlowEncoder {
  let out = new Uint8Array(INITIAL_BYTES);
  let at = 0;
  const origin = createOrigin();
  const textBytes = createTextCache();

  function add(flow: Flow): void {
    if (!isOriginOf(origin, flow)) encodeOrigin(origin, flow, textBytes);
    const mostBytes = origin.length + MAX_FLOW_BYTES + mostTextBytes(flow);
    if (at + mostBytes > out.length) out = grow(out, mostBytes);
    // Two bytes are kept for the length, which nearly always needs them.
    const bodyAt = at + 2;
    const end = writeFlow(out, copyBytes(out, bodyAt, origin.bytes, origin.length), flow, textBytes);
    const length = end - bodyAt;
    const lengthBytes = varintBytes(length);
    if (lengthBytes !== 2) out.copyWithin(at + lengthBytes, bodyAt, end);
    at = writeVarint(out, at, length) + length;
  }

  return {
    add: (flows) => flows.forEach(add),
    get byteLength() {
      return at;
    },
    finish() {
      const value = out.slice(0, at);
      at = 0;
      return value;
    },
  };
}

/** What the flows of a datagram have in common: the values of fields 1 to 5, and those fields encoded. */
interface Origin {
  timeMs: number;
  router: string;
  exporter: Uint8Array;
  version: number;
  observationDomain: number;
  bytes: Uint8Array;
  length: number;
}

const createOrigin = (): Origin => ({
  timeMs: Number.NaN,
  router: '',
  exporter: new Uint8Array(),
  version: 0,
  observationDomain: 0,
  bytes: new Uint8Array(),
  length: 0,
});

const isOriginOf = (origin: Origin, flow: Flow): boolean =>
  origin.timeMs === flow.timeMs &&
  origin.router === flow.router &&
  origin.exporter === flow.exporter &&
  origin.version === flow.version &&
  origin.observationDomain === flow.observationDomain;

function encodeOrigin(origin: Origin, flow: Flow, textBytes: TextBytes): void {
  const { timeMs, router, exporter, version, observationDomain } = flow;
  const routerBytes = textBytes(router);
  const mostBytes = routerBytes.length + exporter.length + 64;
  if (mostBytes > origin.bytes.length) origin.bytes = new Uint8Array(mostBytes);
  const { bytes } = origin;
  let at = writeNumber(bytes, 0, 1, timeMs);
  if (routerBytes.length > 0) at = writeBytes(bytes, at, 2, routerBytes);
  if (exporter.length > 0) at = writeBytes(bytes, at, 3, exporter);
  at = writeNumber(bytes, at, 4, version);
  origin.length = writeNumber(bytes, at, 5, observationDomain);
  origin.timeMs = timeMs;
  origin.router = router;
  origin.exporter = exporter;
  origin.version = version;
  origin.observationDomain = observationDomain;
}

/** A unit of UTF-16 takes at most three bytes of UTF-8. */
const mostTextBytes = (flow: Flow): number =>
  3 *
  (flow.inputInterface.length +
    flow.outputInterface.length +
    flow.wan.length +
    flow.srcCountry.length +
    flow.dstCountry.length);

/** The UTF-8 bytes of a text. Nearly all flows have one of a few texts, so those are kept. */
type TextBytes = (text: string) => Uint8Array;

function createTextCache(): TextBytes {
  const known = new Map<string, Uint8Array>();
  return (text) => {
    const cached = known.get(text);
    if (cached) return cached;
    if (known.size >= MAX_TEXTS) known.clear();
    const bytes = utf8.encode(text);
    known.set(text, bytes);
    return bytes;
  };
}

/** Fields 6 to 35. */
function writeFlow(out: Uint8Array, start: number, flow: Flow, textBytes: TextBytes): number {
  let at = writeNumber(out, start, 6, flow.ipVersion);
  if (flow.srcAddress.length > 0) at = writeBytes(out, at, 7, flow.srcAddress);
  if (flow.dstAddress.length > 0) at = writeBytes(out, at, 8, flow.dstAddress);
  at = writeNumber(out, at, 9, flow.srcPort);
  at = writeNumber(out, at, 10, flow.dstPort);
  at = writeNumber(out, at, 11, flow.protocol);
  at = writeNumber(out, at, 12, flow.tcpFlags);
  at = writeNumber(out, at, 13, flow.tos);
  at = writeNumber(out, at, 14, flow.inputIfIndex);
  at = writeNumber(out, at, 15, flow.outputIfIndex);
  at = writeNumber(out, at, 16, flow.bytes);
  at = writeNumber(out, at, 17, flow.packets);
  if (flow.startMs !== undefined) at = writeOptional(out, at, 18, flow.startMs);
  if (flow.endMs !== undefined) at = writeOptional(out, at, 19, flow.endMs);
  at = writeNumber(out, at, 20, flow.samplingRate);
  at = writeNumber(out, at, 21, flow.samplingSource);
  if (flow.nextHop) at = writeBytes(out, at, 22, flow.nextHop);
  if (flow.postNatSrcAddress) at = writeBytes(out, at, 23, flow.postNatSrcAddress);
  if (flow.postNatDstAddress) at = writeBytes(out, at, 24, flow.postNatDstAddress);
  if (flow.postNatSrcPort !== undefined) at = writeOptional(out, at, 25, flow.postNatSrcPort);
  if (flow.postNatDstPort !== undefined) at = writeOptional(out, at, 26, flow.postNatDstPort);
  at = writeNumber(out, at, 27, flow.srcAs);
  at = writeNumber(out, at, 28, flow.dstAs);
  if (flow.inputInterface !== '') at = writeBytes(out, at, 29, textBytes(flow.inputInterface));
  if (flow.outputInterface !== '') at = writeBytes(out, at, 30, textBytes(flow.outputInterface));
  if (flow.wan !== '') at = writeBytes(out, at, 31, textBytes(flow.wan));
  at = writeNumber(out, at, 32, flow.direction);
  if (flow.insideAddress) at = writeBytes(out, at, 33, flow.insideAddress);
  if (flow.srcCountry !== '') at = writeBytes(out, at, 34, textBytes(flow.srcCountry));
  return flow.dstCountry === '' ? at : writeBytes(out, at, 35, textBytes(flow.dstCountry));
}

/** A number that is left out when it is zero, as proto3 has it. */
function writeNumber(out: Uint8Array, at: number, field: number, value: number): number {
  return value === 0 ? at : writeOptional(out, at, field, value);
}

/** Tags, and most values, are a byte or two: they are written here, because a call for each costs more than the writing. */
function writeOptional(out: Uint8Array, start: number, field: number, value: number): number {
  let at = start;
  if (field < 16) out[at++] = (field << 3) | VARINT;
  else {
    out[at++] = ((field & 0x0f) << 3) | VARINT | 0x80;
    out[at++] = field >> 4;
  }
  if (value > 0x7f) return writeVarint(out, at, value);
  out[at] = value;
  return at + 1;
}

function writeBytes(out: Uint8Array, start: number, field: number, bytes: Uint8Array): number {
  const { length } = bytes;
  let at = start;
  if (field < 16) out[at++] = (field << 3) | LENGTH_DELIMITED;
  else {
    out[at++] = ((field & 0x0f) << 3) | LENGTH_DELIMITED | 0x80;
    out[at++] = field >> 4;
  }
  if (length > 0x7f) at = writeVarint(out, at, length);
  else out[at++] = length;
  return copyBytes(out, at, bytes, length);
}

/** For something as short as an address this is several times faster than set(). */
function copyBytes(out: Uint8Array, at: number, bytes: Uint8Array, length: number): number {
  for (let i = 0; i < length; i += 1) out[at + i] = bytes[i] ?? 0;
  return at + length;
}

/** A number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
function writeVarint(out: Uint8Array, start: number, number: number): number {
  let at = start;
  let value = number;
  if (value > 0x7fff_ffff) {
    const low = value & 0x0fff_ffff;
    out[at++] = low | 0x80;
    out[at++] = (low >> 7) | 0x80;
    out[at++] = (low >> 14) | 0x80;
    out[at++] = (low >> 21) | 0x80;
    value = (value - low) / 0x1000_0000;
  }
  while (value > 0x7f) {
    out[at++] = value | 0x80;
    value >>= 7;
  }
  out[at++] = value;
  return at;
}

/** Bytes that `writeVarint` takes for a length. */
const varintBytes = (length: number): number =>
  length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;

function grow(out: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(out.length * 2 + bytes);
  larger.set(out);
  return larger;
}
