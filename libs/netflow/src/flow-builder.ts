import { type Flow, FlowDirection, SamplingSource } from '@fairlead/model';
import { clockSince, deviceTimeMs, type HeaderClock } from './device-time.ts';
import {
  DST_ADDRESS,
  type FlowDraft,
  NEXT_HOP,
  POST_NAT_DST_ADDRESS,
  POST_NAT_SRC_ADDRESS,
  SRC_ADDRESS,
} from './flow-pool.ts';
import { clearNotes, readAddresses, readFlowNumbers, readNotes, type RecordNotes } from './record-fields.ts';
import { type AnnouncedSampling, applySampling } from './sampling.ts';
import { type Run, runStart, type Template } from './template.ts';

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

/** The flow of a record, read by its template. `notes` is memory to use. */
export function buildFlow(
  draft: FlowDraft,
  notes: RecordNotes,
  view: DataView,
  at: number,
  template: Template,
  origin: FlowOrigin,
): Flow {
  const { flow, addresses } = draft;
  clearFlow(flow, origin, template.ipVersion);
  for (let place = 0; place < addresses.length; place += 1) addresses[place] = undefined;
  clearNotes(notes);
  readRun(view, at, template.firstRun, draft, notes);
  let runEnd = at + template.firstRun.bytes;
  for (let { next } = template.firstRun; next; next = next.next) {
    const runAt = runStart(view, runEnd, next);
    readRun(view, runAt, next, draft, notes);
    runEnd = runAt + next.bytes;
  }
  setAddresses(flow, addresses, template.ipVersion);
  setTimes(flow, notes, origin.clock);
  applySampling(flow, notes, origin.sampling, origin.samplingOverride);
  return flow;
}

function readRun(view: DataView, at: number, run: Run, draft: FlowDraft, notes: RecordNotes): void {
  readFlowNumbers(view, at, run.numbers, draft.flow);
  readAddresses(view, at, run.addresses, draft);
  readNotes(view, at, run.notes, notes);
}

function setAddresses(flow: Flow, addresses: FlowDraft['addresses'], ipVersion: 0 | 4 | 6): void {
  const unspecified = ipVersion === 4 ? V4_UNSPECIFIED : V6_UNSPECIFIED;
  const srcAddress = addresses[SRC_ADDRESS];
  flow.srcAddress = srcAddress ?? unspecified;
  flow.dstAddress = addresses[DST_ADDRESS] ?? unspecified;
  flow.nextHop = addresses[NEXT_HOP];
  flow.postNatSrcAddress = addresses[POST_NAT_SRC_ADDRESS];
  flow.postNatDstAddress = addresses[POST_NAT_DST_ADDRESS];
  if (flow.ipVersion === 0 && srcAddress) flow.ipVersion = ipVersionOf(srcAddress);
}

function clearFlow(flow: Flow, origin: FlowOrigin, ipVersion: 0 | 4 | 6): void {
  flow.timeMs = origin.timeMs;
  flow.router = origin.router;
  flow.exporter = origin.exporter;
  flow.version = origin.version;
  flow.observationDomain = origin.observationDomain;
  flow.ipVersion = ipVersion;
  flow.srcPort = 0;
  flow.dstPort = 0;
  flow.protocol = 0;
  flow.tcpFlags = 0;
  flow.tos = 0;
  flow.inputIfIndex = 0;
  flow.outputIfIndex = 0;
  flow.bytes = 0;
  flow.packets = 0;
  flow.startMs = undefined;
  flow.endMs = undefined;
  flow.samplingRate = 1;
  flow.samplingSource = SamplingSource.ASSUMED;
  flow.postNatSrcPort = undefined;
  flow.postNatDstPort = undefined;
  flow.srcAs = 0;
  flow.dstAs = 0;
  flow.inputInterface = '';
  flow.outputInterface = '';
  flow.wan = '';
  flow.direction = FlowDirection.UNSPECIFIED;
  flow.insideAddress = undefined;
  flow.srcCountry = '';
  flow.dstCountry = '';
}

/** Absolute times where the record has them, else by uptime; none of the two when they contradict each other. */
function setTimes(flow: Flow, notes: RecordNotes, clock: HeaderClock): void {
  const uptimeClock = notes.systemInitMs > 0 ? clockSince(notes.systemInitMs, clock.unixMs) : clock;
  const startMs = absoluteMs(notes.startMs, notes.firstSwitchedMs, uptimeClock);
  const endMs = absoluteMs(notes.endMs, notes.lastSwitchedMs, uptimeClock);
  if (startMs !== undefined && endMs !== undefined && endMs < startMs) return;
  flow.startMs = startMs;
  flow.endMs = endMs;
}

function absoluteMs(unixMs: number, switchedMs: number, clock: HeaderClock): number | undefined {
  if (unixMs > 0) return unixMs;
  return switchedMs < 0 ? undefined : deviceTimeMs(clock, switchedMs);
}

const ipVersionOf = (address: Uint8Array): 4 | 6 =>
  V4_UNSPECIFIED.subarray(0, 12).every((byte, i) => address[i] === byte) ? 4 : 6;
