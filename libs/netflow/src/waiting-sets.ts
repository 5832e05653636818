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

/** A set, and what it is found by. */
interface Entry {
  readonly set: WaitingSet;
  readonly bytes: number;
  readonly line: Line;
  readonly templateKey: string;
}

interface Line {
  readonly key: string;
  readonly entries: Set<Entry>;
  bytes: number;
}

/** Most sets that one call gives up because their time is over; the next calls go on. */
const GIVEN_UP_AT_ONCE = 256;

/**
 * @param exporterKey and `templateKey` name the exporter, and the exporter's template, that a set belongs to
 */
export function createWaitingSets(
  limits: WaitingLimits,
  exporterKey: (set: WaitingSet) => string,
  templateKey: (set: WaitingSet) => string,
): WaitingSets {
  const all: Line = { key: '', entries: new Set(), bytes: 0 };
  const byExporter = new Map<string, Line>();
  const byTemplate = new Map<string, Set<Entry>>();
  let dropped: WaitingSet[] = [];

  function remove(entry: Entry): void {
    const { line, bytes } = entry;
    all.entries.delete(entry);
    all.bytes -= bytes;
    line.entries.delete(entry);
    line.bytes -= bytes;
    if (line.entries.size === 0) byExporter.delete(line.key);
    const others = byTemplate.get(entry.templateKey);
    others?.delete(entry);
    if (others?.size === 0) byTemplate.delete(entry.templateKey);
  }

  function dropOldest({ entries }: Line): void {
    for (const oldest of entries) {
      remove(oldest);
      dropped.push(oldest.set);
      return;
    }
  }

  return {
    add(set) {
      const key = exporterKey(set);
      const line = byExporter.get(key) ?? { key, entries: new Set(), bytes: 0 };
      byExporter.set(key, line);
      const bytes = set.content.length + SET_OVERHEAD_BYTES;
      const entry: Entry = { set, bytes, line, templateKey: templateKey(set) };
      const others = byTemplate.get(entry.templateKey) ?? new Set();
      byTemplate.set(entry.templateKey, others.add(entry));
      for (const each of [all, line]) {
        each.entries.add(entry);
        each.bytes += bytes;
      }
      while (line.bytes > limits.waitingBytesPerExporter) dropOldest(line);
      while (all.bytes > limits.waitingBytes) dropOldest(all);
    },
    take(key) {
      const taken = [...(byTemplate.get(key) ?? [])];
      taken.forEach(remove);
      return taken.map(({ set }) => set);
    },
    takeDropped(nowMs) {
      let left = GIVEN_UP_AT_ONCE;
      for (const oldest of all.entries) {
        if (left === 0 || oldest.set.timeMs + limits.waitingMs >= nowMs) break;
        left -= 1;
        dropOldest(all);
      }
      if (dropped.length === 0) return dropped;
      const taken = dropped;
      dropped = [];
      return taken;
    },
    *all() {
      for (const { set } of all.entries) yield set;
    },
    get size() {
      return all.entries.size;
    },
  };
}
