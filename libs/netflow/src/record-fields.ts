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

/** Reads one field of the record that starts at `at` and puts it where it belongs. */
export type FieldReader<Target> = (view: DataView, at: number, target: Target) => void;
/** A reader for a field at this offset and length, or undefined when the length makes no sense for the field. */
export type FieldCompiler<Target> = (offset: number, length: number) => FieldReader<Target> | undefined;

const number32 =
  <Target>(put: (target: Target, value: number) => void): FieldCompiler<Target> =>
  (offset, length) => {
    if (length > 8) return undefined;
    if (length <= 4) return (view, at, target) => put(target, readUnsigned(view, at + offset, length));
    // Some exporters write an ifIndex into eight bytes.
    return (view, at, target) => {
      const value = readUnsigned(view, at + offset, length);
      if (value <= 0xffff_ffff) put(target, value);
    };
  };

const number64 =
  <Target>(put: (target: Target, value: number) => void): FieldCompiler<Target> =>
  (offset, length) =>
    length > 8 ? undefined : (view, at, target) => put(target, readUnsigned(view, at + offset, length));

/** Eight bytes of NTP time (RFC 7011 section 6.1.9). */
const ntpTime =
  (put: (notes: RecordNotes, unixMs: number) => void): FieldCompiler<RecordNotes> =>
  (offset, length) =>
    length !== 8
      ? undefined
      : (view, at, notes) =>
          put(notes, ntpUnixMs(view.getUint32(at + offset), view.getUint32(at + offset + 4)));

const float =
  (put: (notes: RecordNotes, value: number) => void): FieldCompiler<RecordNotes> =>
  (offset, length) => {
    if (length === 8) return (view, at, notes) => put(notes, view.getFloat64(at + offset));
    return length === 4 ? (view, at, notes) => put(notes, view.getFloat32(at + offset)) : undefined;
  };

/** Four bytes of IPv4. All zeros is left out: in a record with fields for both families it means "the other one". */
const ipv4 =
  (place: number): FieldCompiler<FlowDraft> =>
  (offset, length) =>
    length !== 4
      ? undefined
      : (view, at, draft) => {
          const value = view.getUint32(at + offset);
          if (value === 0) return;
          const address = draft.mapped[place];
          if (!address) return;
          address[12] = value >>> 24;
          address[13] = value >>> 16;
          address[14] = value >>> 8;
          address[15] = value;
          draft.addresses[place] = address;
        };

/** Sixteen bytes of IPv6, copied so that the flow does not hold the datagram; all zeros is left out. */
const ipv6 =
  (place: number): FieldCompiler<FlowDraft> =>
  (offset, length) =>
    length !== 16
      ? undefined
      : (view, at, draft) => {
          const start = at + offset;
          if (
            (view.getUint32(start) | view.getUint32(start + 4)) === 0 &&
            view.getBigUint64(start + 8) === 0n
          )
            return;
          const address = draft.native[place];
          if (!address) return;
          for (let i = 0; i < 16; i += 1) address[i] = view.getUint8(start + i);
          draft.addresses[place] = address;
        };

/**
 * The fields that a flow takes, by type (RFC 3954 section 8; the numbers are IPFIX information elements too). Some
 * values come under more than one type: what is not zero under the first is not overwritten.
 */
export const flowFields: ReadonlyMap<number, FieldCompiler<FlowDraft>> = new Map<
  number,
  FieldCompiler<FlowDraft>
>([
  [1, number64(({ flow }, value) => (flow.bytes = value || flow.bytes))],
  [23, number64(({ flow }, value) => (flow.bytes ||= value))],
  [85, number64(({ flow }, value) => (flow.bytes ||= value))],
  // A Cisco ASA counts both ways of a connection in one record: that of the side that opened it.
  [231, number64(({ flow }, value) => (flow.bytes ||= value))],
  [298, number64(({ flow }, value) => (flow.packets ||= value))],
  [2, number64(({ flow }, value) => (flow.packets = value || flow.packets))],
  [24, number64(({ flow }, value) => (flow.packets ||= value))],
  [86, number64(({ flow }, value) => (flow.packets ||= value))],
  [4, number32(({ flow }, value) => (flow.protocol = value))],
  [5, number32(({ flow }, value) => (flow.tos = value))],
  [6, number32(({ flow }, value) => (flow.tcpFlags = value))],
  [7, number32(({ flow }, value) => (flow.srcPort = value))],
  [11, number32(({ flow }, value) => (flow.dstPort = value))],
  [10, number32(({ flow }, value) => (flow.inputIfIndex = value))],
  [14, number32(({ flow }, value) => (flow.outputIfIndex = value))],
  [16, number32(({ flow }, value) => (flow.srcAs = value))],
  [17, number32(({ flow }, value) => (flow.dstAs = value))],
  [60, number32(({ flow }, value) => (flow.ipVersion = value))],
  [8, ipv4(SRC_ADDRESS)],
  [12, ipv4(DST_ADDRESS)],
  [27, ipv6(SRC_ADDRESS)],
  [28, ipv6(DST_ADDRESS)],
  [15, ipv4(NEXT_HOP)],
  [62, ipv6(NEXT_HOP)],
  [225, ipv4(POST_NAT_SRC_ADDRESS)],
  [226, ipv4(POST_NAT_DST_ADDRESS)],
  [281, ipv6(POST_NAT_SRC_ADDRESS)],
  [282, ipv6(POST_NAT_DST_ADDRESS)],
  [227, number32(({ flow }, value) => (flow.postNatSrcPort = value))],
  [228, number32(({ flow }, value) => (flow.postNatDstPort = value))],
]);

/** The fields about time and sampling, in data and in options data. */
export const noteFields: ReadonlyMap<number, FieldCompiler<RecordNotes>> = new Map<
  number,
  FieldCompiler<RecordNotes>
>([
  [22, number32((notes, value) => (notes.firstSwitchedMs = value))],
  [21, number32((notes, value) => (notes.lastSwitchedMs = value))],
  // Milliseconds are as exact as a flow gets, and the finer times are cut to them; seconds only fill a gap.
  [150, number32((notes, value) => (notes.startMs = notes.startMs < 0 ? value * 1000 : notes.startMs))],
  [151, number32((notes, value) => (notes.endMs = notes.endMs < 0 ? value * 1000 : notes.endMs))],
  [152, number64((notes, value) => (notes.startMs = value))],
  [153, number64((notes, value) => (notes.endMs = value))],
  [154, ntpTime((notes, value) => (notes.startMs = value))],
  [155, ntpTime((notes, value) => (notes.endMs = value))],
  [156, ntpTime((notes, value) => (notes.startMs = value))],
  [157, ntpTime((notes, value) => (notes.endMs = value))],
  [160, number64((notes, value) => (notes.systemInitMs = value))],
  // SAMPLING_INTERVAL, FLOW_SAMPLER_RANDOM_INTERVAL and samplingPacketInterval: one packet of so many, or with a
  // samplingPacketSpace so many and then that many not. How packets are chosen (35, 49, selectorAlgorithm 304) does
  // not change what a sampled packet stands for.
  [34, number32((notes, value) => (notes.intervalPackets = Math.max(value, notes.intervalPackets)))],
  [50, number32((notes, value) => (notes.intervalPackets = Math.max(value, notes.intervalPackets)))],
  [305, number32((notes, value) => (notes.intervalPackets = Math.max(value, notes.intervalPackets)))],
  [306, number32((notes, value) => (notes.spacePackets = value))],
  [309, number32((notes, value) => (notes.sampledSize = value))],
  [310, number32((notes, value) => (notes.sampledOf = value))],
  [311, float((notes, value) => (notes.probability = value))],
  [48, number32((notes, value) => (notes.samplerId = value))],
  [302, number64((notes, value) => (notes.samplerId = value))],
]);

/**
 * The scopes of options data that we tell apart: an interface, in v9 by a name of our own (RFC 3954 section 6.1), in
 * IPFIX as ingressInterface or egressInterface.
 */
export const scopeFields: ReadonlyMap<number | string, FieldCompiler<RecordNotes>> = new Map(
  ['scope_interface', 10, 14].map((scope) => [
    scope,
    number32<RecordNotes>((notes, value) => (notes.scopeInterface = value)),
  ]),
);
