import type { Channel } from './channel.ts';
import { createKeptSnapshots } from './kept-snapshots.ts';
import { createSharedFrame, type SharedFrame, type SharedMessage } from './shared-frame.ts';

export interface StateChannel<V> extends Channel {
  set(key: string, value: V): void;
  /** Takes a key away. No delta says so: who follows the channel needs a new snapshot. */
  remove(key: string): void;
  get(key: string): V | undefined;
  values(): readonly V[];
}

export interface StateChannelShape<V> {
  readonly snapshot: (
    head: { readonly seq: number },
    values: ReadonlyMap<string, V>,
    options: { readonly nowMs: number; readonly historySeconds: number },
  ) => SharedMessage;
  readonly delta: (
    head: { readonly seq: number; readonly t: number; readonly conflated?: number },
    values: Record<string, V>,
  ) => SharedMessage;
}

/** A channel in which the latest value of a key is all that counts. */
export function createStateChannel<V>(shape: StateChannelShape<V>): StateChannel<V> {
  const values = new Map<string, V>();
  const changedAt = new Map<string, number>();
  let pending = new Set<string>();
  let seq = 0;
  /** Deltas from before are of no use: a key was taken away. */
  let firstUseful = 0;
  let isCut = false;
  // By the sequence number that a delta begins at. All clients that keep up, or that lag equally, share one.
  const deltas = new Map<number, SharedFrame>();
  const snapshots = createKeptSnapshots();

  const deltaFrom = (from: number, nowMs: number): SharedFrame => {
    const kept = deltas.get(from);
    if (kept) return kept;
    const changed: Record<string, V> = {};
    for (const [key, value] of values) if ((changedAt.get(key) ?? 0) > from) changed[key] = value;
    const conflated = seq - from - 1;
    const frame = createSharedFrame(
      shape.delta({ seq, t: nowMs, ...(conflated > 0 ? { conflated } : {}) }, changed),
    );
    deltas.set(from, frame);
    return frame;
  };

  return {
    kind: 'delta',
    get seq() {
      return seq;
    },
    set(key, value) {
      values.set(key, value);
      pending.add(key);
    },
    remove(key) {
      if (!values.delete(key)) return;
      changedAt.delete(key);
      pending.delete(key);
      isCut = true;
    },
    get: (key) => values.get(key),
    values: () => [...values.values()],
    commit() {
      if (pending.size === 0 && !isCut) return false;
      seq += 1;
      if (isCut) firstUseful = seq;
      isCut = false;
      for (const key of pending) changedAt.set(key, seq);
      pending = new Set();
      deltas.clear();
      return true;
    },
    snapshot(id, { nowMs, historySeconds }) {
      const kept = snapshots.get({ seq, oldestSeq: firstUseful, historySeconds, nowMs }, (length) =>
        shape.snapshot({ seq }, values, { nowMs, historySeconds: length }),
      );
      return { frame: kept.frame.withId(id), seq: kept.seq };
    },
    resumable: (from) => from <= seq && from >= firstUseful,
    next(from, id, nowMs) {
      if (from >= seq) return undefined;
      return { frame: deltaFrom(from, nowMs).withId(id), seq, conflated: seq - from - 1 };
    },
  };
}
