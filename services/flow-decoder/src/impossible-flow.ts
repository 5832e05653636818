import type { Flow } from '@fairlead/model';

/** The reason under which such flows are counted and kept. */
export const IMPOSSIBLE_FLOW = 'impossible-flow';

export interface PossibleFlows {
  /** No interface of any exporter is faster. */
  readonly maxInterfaceBps: number;
  /** No exporter gathers a flow for longer before it exports it. */
  readonly activeTimeoutMs: number;
  /** Speed of the interfaces of a flow, bits per second; undefined where it is not known. */
  readonly speedOf: (flow: Flow) => number | undefined;
}

/**
 * How far a flow may be above what its link carries. The speed is nominal, a line can be better than its contract, and
 * what a sampling rate makes of few packets is an estimate.
 */
const MARGIN = 2;
/** Interfaces that are no wire report any speed, 64 kbit/s among them; a slower one than this is not believed. */
const SLOWEST_BPS = 1_000_000;

/**
 * Whether a flow holds more bytes, times its sampling rate, than its link carries in the time that it can have been
 * gathered; where no speed is known, than the fastest interface carries.
 *
 * That time is the active timeout of the exporter, or the duration of the flow where that is longer. RouterOS says a
 * duration of 0 for most flows of several packets, and gathers 1 to 2 GB into one record within its timeout of half an
 * hour, so a duration makes the time longer and never shorter.
 */
export function isImpossible(
  flow: Flow,
  { maxInterfaceBps, activeTimeoutMs, speedOf }: PossibleFlows,
): boolean {
  const bits = flow.bytes * 8 * Math.max(flow.samplingRate, 1);
  // Nearly all flows are this small, and need no look at their interfaces.
  if (bits <= carriedBits(Math.min(SLOWEST_BPS, maxInterfaceBps), activeTimeoutMs)) return false;
  const durationMs = flow.startMs === undefined || flow.endMs === undefined ? 0 : flow.endMs - flow.startMs;
  const timeMs = Math.max(durationMs, activeTimeoutMs);
  const linkBps = Math.max(speedOf(flow) ?? Infinity, SLOWEST_BPS) * MARGIN;
  return bits > carriedBits(Math.min(linkBps, maxInterfaceBps), timeMs);
}

const carriedBits = (bps: number, timeMs: number): number => (bps * timeMs) / 1000;
