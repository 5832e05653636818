import { type Flow, FlowDirection, SamplingSource } from '@fairlead/model';
import { clockSince, deviceTimeMs, type HeaderClock } from './device-time.ts';
import { blankNotes, clearNotes, type RecordNotes } from './record-fields.ts';
import { type AnnouncedSampling, applySampling } from './sampling.ts';
import { type Template, variableEnd } from './template.ts';

/** What all flows of one datagram share. */
export interface FlowOrigin {
  readonly timeMs: number;
  readonly router: string;
  readonly exporter: Uint8Array;
  readonly version: number;
  readonly observationDomain: number;
  readonly clock: HeaderClock;
  readonly sampling: AnnouncedSampling | undefined;
  /** The operator's word on the sampling rate. */
  readonly samplingOverride: number | undefined;
}

const V4_UNSPECIFIED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);
const V6_UNSPECIFIED = new Uint8Array(16);

/** Reads records by templates. One is made for a datagram, so that nothing but the flows is allocated for a record. */
export function createFlowBuilder(
  origin: FlowOrigin,
): (view: DataView, at: number, template: Template) => Flow {
  const notes = blankNotes();
  return (view, at, template) => {
    const flow = blankFlow(origin, template.ipVersion);
    clearNotes(notes);
    const { firstRun } = template;
    for (const read of firstRun.flowReaders) read(view, at, flow);
    for (const read of firstRun.noteReaders) read(view, at, notes);
    let runEnd = at + firstRun.bytes;
    for (let { next } = firstRun; next; next = next.next) {
      const runAt = variableEnd(view, runEnd);
      for (const read of next.flowReaders) read(view, runAt, flow);
      for (const read of next.noteReaders) read(view, runAt, notes);
      runEnd = runAt + next.bytes;
    }
    if (flow.ipVersion === 0 && flow.srcAddress !== V6_UNSPECIFIED)
      flow.ipVersion = ipVersionOf(flow.srcAddress);
    setTimes(flow, notes, origin.clock);
    applySampling(flow, notes, origin.sampling, origin.samplingOverride);
    return flow;
  };
}

function blankFlow(origin: FlowOrigin, ipVersion: 0 | 4 | 6): Flow {
  const unspecified = ipVersion === 4 ? V4_UNSPECIFIED : V6_UNSPECIFIED;
  return {
    timeMs: origin.timeMs,
    router: origin.router,
    exporter: origin.exporter,
    version: origin.version,
    observationDomain: origin.observationDomain,
    ipVersion,
    srcAddress: unspecified,
    dstAddress: unspecified,
    srcPort: 0,
    dstPort: 0,
    protocol: 0,
    tcpFlags: 0,
    tos: 0,
    inputIfIndex: 0,
    outputIfIndex: 0,
    bytes: 0,
    packets: 0,
    startMs: undefined,
    endMs: undefined,
    samplingRate: 1,
    samplingSource: SamplingSource.ASSUMED,
    nextHop: undefined,
    postNatSrcAddress: undefined,
    postNatDstAddress: undefined,
    postNatSrcPort: undefined,
    postNatDstPort: undefined,
    srcAs: 0,
    dstAs: 0,
    inputInterface: '',
    outputInterface: '',
    wan: '',
    direction: FlowDirection.UNSPECIFIED,
    insideAddress: undefined,
    srcCountry: '',
    dstCountry: '',
  };
}

/** Absolute times where the record has them, else by uptime; none of the two when they contradict each other. */
function setTimes(flow: Flow, notes: RecordNotes, clock: HeaderClock): void {
  const uptimeClock = notes.systemInitMs > 0 ? clockSince(notes.systemInitMs, clock.unixMs) : clock;
  const startMs = absoluteMs(notes.startMs, notes.firstSwitchedMs, uptimeClock);
  const endMs = absoluteMs(notes.endMs, notes.lastSwitchedMs, uptimeClock);
  if (startMs !== undefined && endMs !== undefined && endMs < startMs) return;
  flow.startMs = startMs === undefined ? undefined : BigInt(startMs);
  flow.endMs = endMs === undefined ? undefined : BigInt(endMs);
}

function absoluteMs(unixMs: number, switchedMs: number, clock: HeaderClock): number | undefined {
  if (unixMs > 0) return unixMs;
  return switchedMs < 0 ? undefined : deviceTimeMs(clock, switchedMs);
}

const ipVersionOf = (address: Uint8Array): 4 | 6 =>
  V4_UNSPECIFIED.subarray(0, 12).every((byte, i) => address[i] === byte) ? 4 : 6;
