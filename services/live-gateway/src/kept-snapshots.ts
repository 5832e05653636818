import { createSharedFrame, type SharedFrame, type SharedMessage } from './shared-frame.ts';

/** How long a snapshot may be given to others: its `now` is by so much too old for the last of them. */
const KEPT_MS = 50;
/** Most lengths of history that are kept; a client may ask for any. */
const KEPT_LENGTHS = 8;

/** Snapshots that were just made: when thousands of clients come back at once, they share them. */
export interface KeptSnapshots {
  get(historySeconds: number, nowMs: number, make: () => SharedMessage): SharedFrame;
  /** The channel has changed. */
  clear(): void;
}

export function createKeptSnapshots(): KeptSnapshots {
  const kept = new Map<number, { readonly madeAtMs: number; readonly frame: SharedFrame }>();
  return {
    get(historySeconds, nowMs, make) {
      const ready = kept.get(historySeconds);
      if (ready && Math.abs(nowMs - ready.madeAtMs) < KEPT_MS) return ready.frame;
      const frame = createSharedFrame(make());
      if (kept.size >= KEPT_LENGTHS) kept.clear();
      kept.set(historySeconds, { madeAtMs: nowMs, frame });
      return frame;
    },
    clear: () => kept.clear(),
  };
}
