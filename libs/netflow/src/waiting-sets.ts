import type { HeaderClock } from './device-time.ts';
import type { Speaker } from './speaker.ts';

/** A data set whose template is not known yet, with what its datagram said about it. */
export interface WaitingSet {
  readonly speaker: Speaker;
  readonly templateId: number;
  /** When its datagram arrived, Unix milliseconds. */
  readonly timeMs: number;
  readonly router: string;
  readonly clock: HeaderClock;
  /** The set without its header. */
  readonly content: Uint8Array;
}

/** What bounds the waiting; bytes are those of the sets and something for each. */
export interface WaitingLimits {
  readonly waitingBytesPerExporter: number;
  readonly waitingBytes: number;
  readonly waitingMs: number;
}

/** Sets in the order in which they came. A set that does not fit any more, or has waited too long, is dropped. */
export interface WaitingSets {
  add(set: WaitingSet): void;
  /** The sets that waited for this template. */
  take(templateKey: string): readonly WaitingSet[];
  /** What was dropped since the last call. */
  takeDropped(nowMs: number): readonly WaitingSet[];
  all(): Iterable<WaitingSet>;
  readonly size: number;
}

/** What a set costs beside its bytes, so that tiny ones are bounded in number too. */
const SET_OVERHEAD_BYTES = 256;

interface Line {
  readonly sets: Set<WaitingSet>;
  bytes: number;
}

const costOf = ({ content }: WaitingSet): number => content.length + SET_OVERHEAD_BYTES;

/**
 * @param exporterKey and `templateKey` name the exporter, and the exporter's template, that a set belongs to
 */
export function createWaitingSets(
  limits: WaitingLimits,
  exporterKey: (set: WaitingSet) => string,
  templateKey: (set: WaitingSet) => string,
): WaitingSets {
  const all: Line = { sets: new Set(), bytes: 0 };
  const byExporter = new Map<string, Line>();
  const byTemplate = new Map<string, Set<WaitingSet>>();
  let dropped: WaitingSet[] = [];

  function remove(set: WaitingSet): void {
    all.sets.delete(set);
    all.bytes -= costOf(set);
    const line = byExporter.get(exporterKey(set));
    line?.sets.delete(set);
    if (line) line.bytes -= costOf(set);
    if (line?.sets.size === 0) byExporter.delete(exporterKey(set));
    const others = byTemplate.get(templateKey(set));
    others?.delete(set);
    if (others?.size === 0) byTemplate.delete(templateKey(set));
  }

  function dropOldest({ sets }: Line): void {
    for (const oldest of sets) {
      remove(oldest);
      dropped.push(oldest);
      return;
    }
  }

  return {
    add(set) {
      const line = byExporter.get(exporterKey(set)) ?? { sets: new Set(), bytes: 0 };
      byExporter.set(exporterKey(set), line);
      const others = byTemplate.get(templateKey(set)) ?? new Set();
      byTemplate.set(templateKey(set), others.add(set));
      for (const each of [all, line]) {
        each.sets.add(set);
        each.bytes += costOf(set);
      }
      while (line.bytes > limits.waitingBytesPerExporter) dropOldest(line);
      while (all.bytes > limits.waitingBytes) dropOldest(all);
    },
    take(key) {
      const taken = [...(byTemplate.get(key) ?? [])];
      taken.forEach(remove);
      return taken;
    },
    takeDropped(nowMs) {
      for (const oldest of all.sets) {
        if (oldest.timeMs + limits.waitingMs >= nowMs) break;
        dropOldest(all);
      }
      if (dropped.length === 0) return dropped;
      const taken = dropped;
      dropped = [];
      return taken;
    },
    all: () => all.sets,
    get size() {
      return all.sets.size;
    },
  };
}
