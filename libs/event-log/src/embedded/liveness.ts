import { randomUUID } from 'node:crypto';
import type { GroupTable } from './group-table.ts';
import { isSurelyGone, ownIdentity } from './process-identity.ts';

/** How often a participant says that it lives. */
const BEAT_MS = 1_000;
/** One that has not said so for this long is out. */
const EXPIRY_MS = 5_000;
/** What one look counts at most: our own pauses are not those of the others. */
const LONGEST_LOOK_MS = 2_000;

/** Tells which participants of groups live: by their process where that can be seen, otherwise by their heartbeat. */
export interface Liveness {
  /** The participant that this opened log is. */
  readonly self: string;
  isGone(id: string): boolean;
  /** Looks at the heartbeats of these others; true when our own is due. */
  look(others: Iterable<string>): boolean;
  /** Writes our own heartbeat; called inside a transaction. */
  beat(): void;
  /** Our own heartbeat could not be written, and so perhaps nobody's could. */
  beatFailed(): void;
}

interface Seen {
  beat: number;
  unchangedMs: number;
}

/** @param monotonicMs a clock that nobody sets */
export function createLiveness(table: GroupTable, monotonicMs: () => number): Liveness {
  const self = randomUUID();
  const identity = ownIdentity();
  const seen = new Map<string, Seen>();
  let lookedAtMs = monotonicMs();
  let beats = 0;
  let beatAtMs = Number.NEGATIVE_INFINITY;

  return {
    self,
    isGone(id) {
      const participant = table.participant(id);
      if (!participant || isSurelyGone(participant.identity, identity)) return true;
      const last = seen.get(id);
      return last !== undefined && last.beat === participant.beat && last.unchangedMs >= EXPIRY_MS;
    },
    look(others) {
      const nowMs = monotonicMs();
      const passedMs = Math.min(nowMs - lookedAtMs, LONGEST_LOOK_MS);
      lookedAtMs = nowMs;
      const ids = new Set(others);
      for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id);
      for (const id of ids) {
        const beat = table.participant(id)?.beat ?? 0;
        const last = seen.get(id);
        if (last?.beat === beat) last.unchangedMs += passedMs;
        else seen.set(id, { beat, unchangedMs: 0 });
      }
      return nowMs - beatAtMs >= BEAT_MS;
    },
    beat() {
      table.putParticipant({ id: self, identity, beat: (beats += 1) });
      beatAtMs = monotonicMs();
    },
    beatFailed: () => seen.clear(),
  };
}
