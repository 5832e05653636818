import type { HeaderClock } from './device-time.ts';
import { Line, type Place } from './line.ts';
import { exporterKey, type Speaker, templateKey } from './speaker.ts';

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
  take(speaker: Speaker, templateId: number): readonly WaitingSet[];
  /** What was dropped since the last call. */
  takeDropped(nowMs: number): readonly WaitingSet[];
  all(): Iterable<WaitingSet>;
  readonly size: number;
}

/** What a set costs beside its bytes, so that tiny ones are bounded in number too. */
const SET_OVERHEAD_BYTES = 256;

/** A set, and its places in the line of all and in that of its exporter. */
interface Entry {
  readonly set: WaitingSet;
  readonly bytes: number;
  readonly templateKey: number;
  readonly exporter: ExporterSets;
  inAll: Place<Entry> | undefined;
  inExporter: Place<Entry> | undefined;
}

interface ExporterSets {
  readonly key: string;
  readonly line: Line<Entry>;
  bytes: number;
}

/** Most sets that one call gives up because their time is over; the next calls go on. */
const GIVEN_UP_AT_ONCE = 256;
const NO_SETS: readonly WaitingSet[] = [];

export function createWaitingSets(limits: WaitingLimits): WaitingSets {
  const all = new Line<Entry>();
  const exporters = new Map<string, ExporterSets>();
  let allBytes = 0;
  let dropped: WaitingSet[] = [];

  function remove({ inAll, inExporter, exporter, bytes }: Entry): void {
    if (inAll) all.remove(inAll);
    if (inExporter) exporter.line.remove(inExporter);
    allBytes -= bytes;
    exporter.bytes -= bytes;
    if (exporter.line.size === 0) exporters.delete(exporter.key);
  }

  function dropOldest({ oldest }: Line<Entry>): void {
    if (!oldest) return;
    remove(oldest);
    dropped.push(oldest.set);
  }

  function exporterSets(key: string): ExporterSets {
    const known = exporters.get(key);
    if (known) return known;
    const made = { key, line: new Line<Entry>(), bytes: 0 };
    exporters.set(key, made);
    return made;
  }

  return {
    add(set) {
      const exporter = exporterSets(exporterKey(set.speaker));
      const bytes = set.content.length + SET_OVERHEAD_BYTES;
      const entry: Entry = {
        set,
        bytes,
        templateKey: templateKey(set.speaker, set.templateId),
        exporter,
        inAll: undefined,
        inExporter: undefined,
      };
      entry.inAll = all.add(entry);
      entry.inExporter = exporter.line.add(entry);
      allBytes += bytes;
      exporter.bytes += bytes;
      while (exporter.bytes > limits.waitingBytesPerExporter) dropOldest(exporter.line);
      while (allBytes > limits.waitingBytes) dropOldest(all);
    },
    take(speaker, templateId) {
      const exporter = exporters.get(exporterKey(speaker));
      if (!exporter) return NO_SETS;
      const key = templateKey(speaker, templateId);
      const taken: WaitingSet[] = [];
      for (const entry of exporter.line) {
        if (entry.templateKey !== key) continue;
        remove(entry);
        taken.push(entry.set);
      }
      return taken;
    },
    takeDropped(nowMs) {
      for (let left = GIVEN_UP_AT_ONCE; left > 0; left -= 1) {
        const { oldest } = all;
        if (!oldest || oldest.set.timeMs + limits.waitingMs >= nowMs) break;
        dropOldest(all);
      }
      if (dropped.length === 0) return NO_SETS;
      const taken = dropped;
      dropped = [];
      return taken;
    },
    *all() {
      for (const { set } of all) yield set;
    },
    get size() {
      return all.size;
    },
  };
}
