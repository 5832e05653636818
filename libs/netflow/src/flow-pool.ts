import { type Flow, FlowDirection, SamplingSource } from '@fairlead/model';
import { datagramLimits } from './datagram-limits.ts';

export const addressSlots = [
  'srcAddress',
  'dstAddress',
  'nextHop',
  'postNatSrcAddress',
  'postNatDstAddress',
] as const;
export type AddressSlot = (typeof addressSlots)[number];
type Addresses = Readonly<Record<AddressSlot, Uint8Array>>;

/** A flow that is being filled, and the memory of its addresses. */
export interface FlowDraft {
  readonly flow: Flow;
  /** `::ffff:0.0.0.0`, of which the last four bytes are written. */
  readonly mapped: Addresses;
  readonly native: Addresses;
}

/**
 * Flows that are used again. Decoding with a pool allocates nearly nothing, and ends the flows that were decoded with it
 * before: whoever keeps one beyond that keeps something else.
 */
export interface FlowPool {
  /** All flows of the pool are free again. */
  reset(): void;
  /** A flow with no field set but those that are given. */
  draft(): FlowDraft;
}

/** Most flows that are kept: as many as a datagram may have. */
const MAX_KEPT = datagramLimits.records;

export function createFlowPool(): FlowPool {
  const drafts: FlowDraft[] = [];
  let used = 0;
  return {
    reset() {
      used = 0;
    },
    draft() {
      const kept = drafts[used];
      used += 1;
      if (kept) return kept;
      const draft = createDraft();
      if (drafts.length < MAX_KEPT) drafts.push(draft);
      return draft;
    },
  };
}

/** The pool of whoever keeps the flows: each is a new one. */
export const newFlows: FlowPool = { reset: () => undefined, draft: createDraft };

function createDraft(): FlowDraft {
  return { flow: createFlow(), mapped: createAddresses(0xff), native: createAddresses(0) };
}

function createAddresses(prefix: number): Addresses {
  const address = (): Uint8Array => {
    const bytes = new Uint8Array(16);
    bytes[10] = prefix;
    bytes[11] = prefix;
    return bytes;
  };
  return {
    srcAddress: address(),
    dstAddress: address(),
    nextHop: address(),
    postNatSrcAddress: address(),
    postNatDstAddress: address(),
  };
}

const NO_BYTES = new Uint8Array();

function createFlow(): Flow {
  return {
    timeMs: 0,
    router: '',
    exporter: NO_BYTES,
    version: 0,
    observationDomain: 0,
    ipVersion: 0,
    srcAddress: NO_BYTES,
    dstAddress: NO_BYTES,
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
