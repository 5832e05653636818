import { liveLimits } from '@fairlead/live-protocol';
import { createSharedFrame, type SharedFrame, type SharedMessage } from './shared-frame.ts';

/**
 * How long a snapshot is given to others: its `now` is by so much too old for the last of them, and what is newer comes as
 * a delta. So what snapshots cost does not grow with those who ask.
 */
const KEPT_MS = 250;
/** Lengths of history in seconds; a client gets the next one above what it asks for. */
const LENGTHS = [0, 60, 120, 300, liveLimits.historySeconds];

/** A snapshot, and where a subscriber stands who has it. */
interface Snapshot {
  readonly frame: SharedFrame;
  readonly seq: number;
}

interface Wanted {
  /** Where the channel stands, */
  readonly seq: number;
  /** and from where on it can be continued. */
  readonly oldestSeq: number;
  readonly historySeconds: number;
  readonly nowMs: number;
}

/** Snapshots that were just made: when thousands of clients come back at once, they share them. */
export interface KeptSnapshots {
  get(wanted: Wanted, make: (historySeconds: number) => SharedMessage): Snapshot;
}

export function createKeptSnapshots(): KeptSnapshots {
  const kept = new Map<number, Snapshot & { readonly madeAtMs: number }>();
  return {
    get({ seq, oldestSeq, historySeconds, nowMs }, make) {
      const length = LENGTHS.find((each) => each >= historySeconds) ?? liveLimits.historySeconds;
      const ready = kept.get(length);
      if (ready && ready.seq >= oldestSeq && Math.abs(nowMs - ready.madeAtMs) < KEPT_MS) return ready;
      const made = { frame: createSharedFrame(make(length)), seq, madeAtMs: nowMs };
      kept.set(length, made);
      return made;
    },
  };
}
