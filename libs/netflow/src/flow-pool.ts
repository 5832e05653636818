import { type Flow, FlowDirection, SamplingSource } from '@fairlead/model';
import { datagramLimits } from './datagram-limits.ts';

/** The addresses of a flow, by their place in a draft. */
export const SRC_ADDRESS = 0;
export const DST_ADDRESS = 1;
export const NEXT_HOP = 2;
export const POST_NAT_SRC_ADDRESS = 3;
export const POST_NAT_DST_ADDRESS = 4;
const ADDRESSES = 5;

/** A flow that is being filled, and the memory of its addresses. */
export interface FlowDraft {
  readonly flow: Flow;
  /** What the record has given. */
  readonly addresses: (Uint8Array | undefined)[];
  /** `::ffff:0.0.0.0`, of which the last four bytes are written. */
  readonly mapped: readonly Uint8Array[];
  readonly native: readonly Uint8Array[];
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
  return {
    flow: createFlow(),
    addresses: Array.from({ length: ADDRESSES }, () => undefined),
    mapped: createAddresses(0xff),
    native: createAddresses(0),
  };
}

const createAddresses = (prefix: number): Uint8Array[] =>
  Array.from({ length: ADDRESSES }, () => new Uint8Array(16).fill(prefix, 10, 12));

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
