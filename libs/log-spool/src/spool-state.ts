/** A file of the spool, and how far it has been read. */
export interface Segment {
  readonly id: number;
  bytes: number;
  /** Records in it, as they are counted in the books. */
  records: number;
  readBytes: number;
  readRecords: number;
}

export interface SpoolLimits {
  /** Most bytes of all files. */
  readonly maxBytes: number;
  /** What is let go when an entry has no room: what waits longest, or the entry itself. */
  readonly drop: 'oldest' | 'newest';
}

/** A place in the spool. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** The files that an entry costs, or that it has no room. */
export type Admission =
  { readonly accepted: true; readonly dropped: readonly Segment[] } | { readonly accepted: false };

/** How many files there are at the most; the oldest is let go as a whole. */
const SEGMENTS = 16;

/** The books of a spool: which bytes of which file wait to be read. Knows no files. */
export interface SpoolState {
  /** Makes room for an entry. What it drops is out of the books already. */
  admit(bytes: number): Admission;
  /** Where the next entry goes; the same until it is put. */
  tail(): Place;
  /** An entry stands at the tail now. */
  put(bytes: number, records: number): void;
  /** Where the oldest that was not read stands, and the bytes of its file from there on. */
  head(): (Place & { readonly available: number }) | undefined;
  /** So much was read at the head. */
  read(bytes: number, records: number): void;
  /** The rest of the file at the head cannot be read; returns the records that are lost by that. */
  skip(): number;
  holds(segment: number): boolean;
  /** Files that were read to their end, which are out of the books then. */
  takeFinished(): readonly Segment[];
  /** Records and bytes that wait to be read. */
  readonly waiting: { readonly bytes: number; readonly records: number };
}

/** @param firstId no file from here on has been used yet */
export function createSpoolState(
  limits: SpoolLimits,
  found: readonly Segment[] = [],
  firstId = 1,
): SpoolState {
  const segments = found.map((segment) => ({ ...segment }));
  const segmentBytes = Math.ceil(limits.maxBytes / SEGMENTS);
  let nextId = Math.max(firstId, (segments.at(-1)?.id ?? 0) + 1);

  const total = (): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const isRead = ({ bytes, readBytes }: Segment): boolean => readBytes >= bytes;
  const firstUnread = (): Segment | undefined => segments.find((segment) => !isRead(segment));

  return {
    admit(bytes) {
      if (bytes > limits.maxBytes) return { accepted: false };
      if (total() + bytes <= limits.maxBytes) return { accepted: true, dropped: [] };
      if (limits.drop === 'newest') return { accepted: false };
      const dropped: Segment[] = [];
      while (total() + bytes > limits.maxBytes) {
        const oldest = segments.shift();
        if (!oldest) break;
        dropped.push(oldest);
      }
      return { accepted: true, dropped };
    },
    tail() {
      const last = segments.at(-1);
      return last && last.bytes < segmentBytes
        ? { segment: last.id, offset: last.bytes }
        : { segment: nextId, offset: 0 };
    },
    put(bytes, records) {
      const { segment } = this.tail();
      const last = segments.at(-1);
      if (last?.id === segment) {
        last.bytes += bytes;
        last.records += records;
        return;
      }
      segments.push({ id: segment, bytes, records, readBytes: 0, readRecords: 0 });
      nextId = segment + 1;
    },
    head() {
      const segment = firstUnread();
      return (
        segment && {
          segment: segment.id,
          offset: segment.readBytes,
          available: segment.bytes - segment.readBytes,
        }
      );
    },
    read(bytes, records) {
      const segment = firstUnread();
      if (!segment) return;
      segment.readBytes += bytes;
      segment.readRecords += records;
    },
    skip() {
      const segment = firstUnread();
      if (!segment) return 0;
      const lost = segment.records - segment.readRecords;
      segment.readBytes = segment.bytes;
      segment.readRecords = segment.records;
      return lost;
    },
    holds: (id) => segments.some((segment) => segment.id === id),
    takeFinished() {
      const count = segments.findIndex((segment) => !isRead(segment));
      return segments.splice(0, count < 0 ? segments.length : count);
    },
    get waiting() {
      return segments.reduce(
        (sum, { bytes, readBytes, records, readRecords }) => ({
          bytes: sum.bytes + bytes - readBytes,
          records: sum.records + records - readRecords,
        }),
        { bytes: 0, records: 0 },
      );
    },
  };
}
