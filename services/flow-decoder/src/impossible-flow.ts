import type { Flow } from '@fairlead/model';

/** The reason under which such flows are counted and kept. */
export const IMPOSSIBLE_FLOW = 'impossible-flow';

export interface PossibleFlows {
  /** No interface of any exporter is faster. */
  readonly maxInterfaceBps: number;
  /** No exporter gathers a flow for longer before it exports it. */
  readonly activeTimeoutMs: number;
}

/**
 * Whether a flow holds more bytes than the fastest interface carries in the time that it can have been gathered. Many
 * exporters say a duration of 0 for several packets, so a duration only ever makes the time longer. Bytes are taken as
 * exported: what the sampling rate makes of them is an estimate, and no proof.
 */
export function isImpossible(flow: Flow, { maxInterfaceBps, activeTimeoutMs }: PossibleFlows): boolean {
  const durationMs =
    flow.startMs === undefined || flow.endMs === undefined ? 0 : Number(flow.endMs - flow.startMs);
  return flow.bytes * 8 > (maxInterfaceBps * Math.max(durationMs, activeTimeoutMs)) / 1000;
}
