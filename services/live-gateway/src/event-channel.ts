import { type LiveEvent, liveLimits } from '@fairlead/live-protocol';
import type { Channel } from './channel.ts';
import { createKeptSnapshots } from './kept-snapshots.ts';
import { createSharedFrame, type SharedFrame } from './shared-frame.ts';

interface Item {
  readonly seq: number;
  readonly ev: LiveEvent;
  readonly frame: SharedFrame;
}

export interface EventChannel extends Channel {
  /** Adds an event, unless one with its id is kept already: the log may hand over a record twice. */
  append(event: LiveEvent): boolean;
  /** Those that are kept, oldest first. */
  items(): readonly LiveEvent[];
}

/** The log of events: nothing is left out or merged; the last `capacity` can be read again. */
export function createEventChannel(epoch: string, capacity = 1_000): EventChannel {
  let items: Item[] = [];
  let ids = new Set<string>();
  let seq = 0;
  let committed = 0;
  const snapshots = createKeptSnapshots();
  const oldest = (): number => items[0]?.seq ?? seq + 1;
  return {
    kind: 'event',
    items: () => items.map(({ ev }) => ev),
    get seq() {
      return committed;
    },
    append(ev) {
      if (ids.has(ev.id)) return false;
      seq += 1;
      items.push({ seq, ev, frame: createSharedFrame({ type: 'event', ch: 'events', seq, ev }) });
      ids.add(ev.id);
      // Cut in large pieces, so that appending stays cheap.
      if (items.length >= capacity * 2) {
        items = items.slice(-capacity);
        ids = new Set(items.map((item) => item.ev.id));
      }
      return true;
    },
    commit() {
      if (committed === seq) return false;
      committed = seq;
      return true;
    },
    snapshot(id, { nowMs }) {
      const wanted = { seq: committed, oldestSeq: oldest() - 1, historySeconds: 0, nowMs };
      const kept = snapshots.get(wanted, () => ({
        type: 'snap',
        ch: 'events',
        epoch,
        seq: committed,
        now: nowMs,
        events: items
          .filter((item) => item.seq <= committed)
          .slice(-liveLimits.snapshotEvents)
          .map(({ seq: itemSeq, ev }) => ({ seq: itemSeq, ev })),
      }));
      return { frame: kept.frame.withId(id), seq: kept.seq };
    },
    resumable: (from) => from <= committed && from >= oldest() - 1,
    next(from, id) {
      if (from >= committed) return undefined;
      const item = items[from + 1 - oldest()];
      return item ? { frame: item.frame.withId(id), seq: item.seq, conflated: 0 } : 'lost';
    },
  };
}
