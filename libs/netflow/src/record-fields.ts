import type { Flow } from '@fairlead/model';
import {
  DST_ADDRESS,
  type FlowDraft,
  NEXT_HOP,
  POST_NAT_DST_ADDRESS,
  POST_NAT_SRC_ADDRESS,
  SRC_ADDRESS,
} from './flow-pool.ts';
import { ntpUnixMs } from './ntp-time.ts';
import type { RecordSampling } from './sampling.ts';
import { readUnsigned } from './unsigned.ts';

/** What a record says beyond the fields of a flow; -1 where it says nothing. Reused from record to record. */
export interface RecordNotes extends RecordSampling {
  /** FIRST_SWITCHED and LAST_SWITCHED, milliseconds of uptime. */
  firstSwitchedMs: number;
  lastSwitchedMs: number;
  /** flowStart and flowEnd, Unix milliseconds. */
  startMs: number;
  endMs: number;
  /** systemInitTimeMilliseconds: when the device started, Unix milliseconds. */
  systemInitMs: number;
  /** The ifIndex that options data speaks about. */
  scopeInterface: number;
}

export function blankNotes(): RecordNotes {
  return {
    firstSwitchedMs: -1,
    lastSwitchedMs: -1,
    startMs: -1,
    endMs: -1,
    systemInitMs: -1,
    intervalPackets: -1,
    spacePackets: -1,
    sampledOf: -1,
    sampledSize: -1,
    probability: -1,
    samplerId: -1,
    scopeInterface: -1,
  };
}

export function clearNotes(notes: RecordNotes): void {
  notes.firstSwitchedMs = -1;
  notes.lastSwitchedMs = -1;
  notes.startMs = -1;
  notes.endMs = -1;
  notes.systemInitMs = -1;
  notes.intervalPackets = -1;
  notes.spacePackets = -1;
  notes.sampledOf = -1;
  notes.sampledSize = -1;
  notes.probability = -1;
  notes.samplerId = -1;
  notes.scopeInterface = -1;
}

/** A number of a record: what it is, and where it stands. */
export interface NumberField {
  /** Information element, or SCOPE_INTERFACE. */
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  readonly encoding: 'unsigned' | 'ntp' | 'float';
  /** A greater value is no value of this element: some exporters write an ifIndex into eight bytes. */
  readonly most: number;
}

/** An address of a record, and its place in a draft. */
export interface AddressField {
  readonly place: number;
  readonly offset: number;
  readonly length: number;
}

/** The ifIndex in the scope of options data. */
const SCOPE_INTERFACE = -1;

/**
 * The numbers that a flow takes, by type (RFC 3954 section 8; the numbers are IPFIX information elements too), and their
 * bits. Within the limits of a double: what is greater becomes the greatest.
 */
const flowNumbers: ReadonlyMap<number, 32 | 64> = new Map([
  ...[1, 2, 23, 24, 85, 86, 231, 298].map((type) => [type, 64] as const),
  ...[4, 5, 6, 7, 10, 11, 14, 16, 17, 60, 227, 228].map((type) => [type, 32] as const),
]);

/** The addresses that a flow takes. */
const flowAddresses: ReadonlyMap<number, { readonly place: number; readonly length: number }> = new Map([
  [8, { place: SRC_ADDRESS, length: 4 }],
  [12, { place: DST_ADDRESS, length: 4 }],
  [15, { place: NEXT_HOP, length: 4 }],
  [225, { place: POST_NAT_SRC_ADDRESS, length: 4 }],
  [226, { place: POST_NAT_DST_ADDRESS, length: 4 }],
  [27, { place: SRC_ADDRESS, length: 16 }],
  [28, { place: DST_ADDRESS, length: 16 }],
  [62, { place: NEXT_HOP, length: 16 }],
  [281, { place: POST_NAT_SRC_ADDRESS, length: 16 }],
  [282, { place: POST_NAT_DST_ADDRESS, length: 16 }],
]);

/** The fields about time and sampling, in data and in options data. */
const noteNumbers: ReadonlyMap<number, 32 | 64 | 'ntp' | 'float'> = new Map<
  number,
  32 | 64 | 'ntp' | 'float'
>([
  ...[21, 22, 34, 48, 50, 150, 151, 305, 306, 309, 310].map((type) => [type, 32] as const),
  ...[152, 153, 160, 302].map((type) => [type, 64] as const),
  ...[154, 155, 156, 157].map((type) => [type, 'ntp'] as const),
  [311, 'float'],
]);

/** @returns undefined for what no flow takes, and for a length that makes no sense */
export function compileFlowNumber(type: number, offset: number, length: number): NumberField | undefined {
  const kind = flowNumbers.get(type);
  return kind && unsignedField(type, offset, length, kind);
}

/** @returns undefined for what no flow takes, and for a length that is not the address's */
export function compileAddress(type: number, offset: number, length: number): AddressField | undefined {
  const address = flowAddresses.get(type);
  return address?.length === length ? { place: address.place, offset, length } : undefined;
}

/** @returns undefined for what is no note, and for a length that makes no sense */
export function compileNote(type: number, offset: number, length: number): NumberField | undefined {
  const kind = noteNumbers.get(type);
  if (kind === undefined) return undefined;
  if (kind === 32 || kind === 64) return unsignedField(type, offset, length, kind);
  if (length !== 8 && (kind === 'ntp' || length !== 4)) return undefined;
  return { type, offset, length, encoding: kind, most: Number.MAX_SAFE_INTEGER };
}

/**
 * The scopes of options data that we tell apart: an interface, in v9 by a name of our own (RFC 3954 section 6.1), in
 * IPFIX as ingressInterface or egressInterface.
 */
export function compileScope(
  scope: number | string,
  offset: number,
  length: number,
): NumberField | undefined {
  const isInterface = scope === 'scope_interface' || scope === 10 || scope === 14;
  return isInterface ? unsignedField(SCOPE_INTERFACE, offset, length, 32) : undefined;
}

const unsignedField = (
  type: number,
  offset: number,
  length: number,
  bits: 32 | 64,
): NumberField | undefined =>
  length > 8
    ? undefined
    : {
        type,
        offset,
        length,
        encoding: 'unsigned',
        most: bits === 32 ? 0xffff_ffff : Number.MAX_SAFE_INTEGER,
      };

/** Reads numbers of the record at `at` into a flow. */
export function readFlowNumbers(
  view: DataView,
  at: number,
  fields: readonly NumberField[],
  flow: Flow,
): void {
  for (const { type, offset, length, most } of fields) {
    const value = readUnsigned(view, at + offset, length);
    if (value <= most) setFlowNumber(flow, type, value);
  }
}

/** Some values come under more than one type: what is not zero under the first is not overwritten. */
function setFlowNumber(flow: Flow, type: number, value: number): void {
  switch (type) {
    case 1:
      flow.bytes = value || flow.bytes;
      break;
    case 2:
      flow.packets = value || flow.packets;
      break;
    case 4:
      flow.protocol = value;
      break;
    case 5:
      flow.tos = value;
      break;
    case 6:
      flow.tcpFlags = value;
      break;
    case 7:
      flow.srcPort = value;
      break;
    case 10:
      flow.inputIfIndex = value;
      break;
    case 11:
      flow.dstPort = value;
      break;
    case 14:
      flow.outputIfIndex = value;
      break;
    case 16:
      flow.srcAs = value;
      break;
    case 17:
      flow.dstAs = value;
      break;
    case 60:
      flow.ipVersion = value;
      break;
    case 227:
      flow.postNatSrcPort = value;
      break;
    case 228:
      flow.postNatDstPort = value;
      break;
    // The other names of bytes. A Cisco ASA (231) counts both ways of a connection in one record: that of the side that
    // opened it.
    case 23:
    case 85:
    case 231:
      flow.bytes ||= value;
      break;
    // Those of packets.
    case 24:
    case 86:
    case 298:
      flow.packets ||= value;
  }
}

/**
 * Reads addresses of the record at `at`, copied so that the flow does not hold the datagram. All zeros is left out: in a
 * record with fields for both families it means "the other one".
 */
export function readAddresses(
  view: DataView,
  at: number,
  fields: readonly AddressField[],
  { addresses, mapped, native }: FlowDraft,
): void {
  for (const { place, offset, length } of fields) {
    const address = length === 4 ? mapped[place] : native[place];
    if (address && copyAddress(view, at + offset, length, address)) addresses[place] = address;
  }
}

/** @returns whether it is not all zeros */
function copyAddress(view: DataView, at: number, length: number, address: Uint8Array): boolean {
  if (length === 4) {
    const value = view.getUint32(at);
    address[12] = value >>> 24;
    address[13] = value >>> 16;
    address[14] = value >>> 8;
    address[15] = value;
    return value !== 0;
  }
  let bits = 0;
  for (let i = 0; i < 16; i += 1) {
    const byte = view.getUint8(at + i);
    address[i] = byte;
    bits |= byte;
  }
  return bits !== 0;
}

/** Reads numbers of the record at `at` into notes. */
export function readNotes(
  view: DataView,
  at: number,
  fields: readonly NumberField[],
  notes: RecordNotes,
): void {
  for (const field of fields) {
    const value =
      field.encoding === 'unsigned'
        ? readUnsigned(view, at + field.offset, field.length)
        : readEncoded(view, at + field.offset, field);
    if (value <= field.most) setNote(notes, field.type, value);
  }
}

/** NTP time in eight bytes (RFC 7011 section 6.1.9), as Unix milliseconds, or a float. */
function readEncoded(view: DataView, at: number, { encoding, length }: NumberField): number {
  if (encoding === 'ntp') return ntpUnixMs(view.getUint32(at), view.getUint32(at + 4));
  return length === 8 ? view.getFloat64(at) : view.getFloat32(at);
}

function setNote(notes: RecordNotes, type: number, value: number): void {
  switch (type) {
    case 21:
      notes.lastSwitchedMs = value;
      break;
    case 22:
      notes.firstSwitchedMs = value;
      break;
    // Milliseconds are as exact as a flow gets, and the finer times are cut to them; seconds only fill a gap.
    case 150:
      if (notes.startMs < 0) notes.startMs = value * 1000;
      break;
    case 151:
      if (notes.endMs < 0) notes.endMs = value * 1000;
      break;
    case 152:
    case 154:
    case 156:
      notes.startMs = value;
      break;
    case 153:
    case 155:
    case 157:
      notes.endMs = value;
      break;
    case 160:
      notes.systemInitMs = value;
      break;
    // SAMPLING_INTERVAL, FLOW_SAMPLER_RANDOM_INTERVAL and samplingPacketInterval: one packet of so many, or with a
    // samplingPacketSpace so many and then that many not. How packets are chosen (35, 49, selectorAlgorithm 304) does
    // not change what a sampled packet stands for.
    case 34:
    case 50:
    case 305:
      notes.intervalPackets = Math.max(value, notes.intervalPackets);
      break;
    case 306:
      notes.spacePackets = value;
      break;
    case 309:
      notes.sampledSize = value;
      break;
    case 310:
      notes.sampledOf = value;
      break;
    case 311:
      notes.probability = value;
      break;
    case 48:
    case 302:
      notes.samplerId = value;
      break;
    case SCOPE_INTERFACE:
      notes.scopeInterface = value;
  }
}
