import { domainKey, exporterKey, type Speaker } from './speaker.ts';

/** What the header of a datagram says of its place in the stream of its exporter. */
export interface SequenceNote {
  readonly speaker: Speaker;
  /** 32 bits. v5 and v7 count flows, v9 datagrams, IPFIX data records. */
  readonly sequence: number;
  /** Records of the datagram; undefined where not all of them could be read, so that nobody knows what comes next. */
  readonly records: number | undefined;
}

/** What a datagram's place says. Amounts are in the unit of its version: flows, datagrams or data records. */
export interface SequenceOutcome {
  readonly kind:
    /** It follows on the last one, or is the first one that was seen. */
    | 'in-order'
    /** Something before it is missing. */
    | 'gap'
    /** It was missed before, and came after all. */
    | 'late'
    /** It came before. */
    | 'duplicate'
    /** The exporter counts from somewhere else. */
    | 'restart';
  /** How much is missing in front of it. */
  readonly missed: number;
  /** How much of what was missed before it brings. */
  readonly late: number;
}

export interface SequenceTracker {
  track(note: SequenceNote): SequenceOutcome;
  readonly size: number;
}

interface Gap {
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

/** The sequence of the next datagram in either unit; undefined where the last one did not tell. */
type Next = Readonly<Record<'own' | 'other', number | undefined>>;

interface Stream {
  /** Whether it counts what its version says, or the other of records and datagrams. */
  unit: 'unknown' | 'own' | 'other';
  next: Next;
  gaps: Gap[];
  /** Where a datagram that follows on one from behind would stand, and how many have followed so. */
  behindNext: number;
  behindCount: number;
}

const MAX_STREAMS = 20_000;
/** Gaps of a stream that late datagrams can still fill. */
const MAX_GAPS = 16;
/** So far behind, in datagrams or records, comes no datagram that the network held up. */
const REORDERED_WITHIN = 4_096;
/** A larger step ahead is no loss, but another count. */
const LARGEST_GAP = 2 ** 24;
/** So many that follow on each other from a place behind are a stream that began anew. */
const RESTARTED_AFTER = 3;

const IN_ORDER: SequenceOutcome = { kind: 'in-order', missed: 0, late: 0 };
const DUPLICATE: SequenceOutcome = { kind: 'duplicate', missed: 0, late: 0 };
const RESTART: SequenceOutcome = { kind: 'restart', missed: 0, late: 0 };

/** From a to b around the circle of 32 bits; negative when b lies behind. */
const distance = (a: number, b: number): number => (b - a) | 0;

/**
 * Tells from the sequence numbers of each exporter and observation domain what was lost on the way here. Loss is counted
 * where the gap shows; what comes late is counted as late, so the loss is missed less late.
 *
 * The units are those of the formats (Cisco's NetFlow export datagram format; RFC 3954 section 5.1; RFC 7011 section
 * 3.1). Some exporters count the other one, v9 by flows or IPFIX by messages: their first step shows it.
 *
 * The stream that was silent for longest is forgotten when there are too many.
 */
export function createSequenceTracker(maxStreams = MAX_STREAMS): SequenceTracker {
  const streams = new Map<string, Stream>();

  function keep(key: string, stream: Stream): void {
    streams.delete(key);
    streams.set(key, stream);
    for (const oldest of streams.keys()) {
      if (streams.size <= maxStreams) return;
      streams.delete(oldest);
    }
  }

  return {
    track(note) {
      const key = `${exporterKey(note.speaker)}/${domainKey(note.speaker)}`;
      const next = nextOf(note);
      const known = streams.get(key);
      const stream: Stream = known ?? { unit: 'unknown', next, gaps: [], behindNext: 0, behindCount: 0 };
      keep(key, stream);
      const { sequence } = note;
      const unit = unitOf(stream, sequence);
      const expected = stream.next[unit === 'other' ? 'other' : 'own'];
      if (!known || expected === undefined) {
        stream.next = next;
        return IN_ORDER;
      }
      const ahead = distance(expected, sequence);
      if (ahead < 0 && ahead >= -REORDERED_WITHIN) return takeFromBehind(stream, note, next);
      if (ahead < 0 || ahead > LARGEST_GAP) return beginAgain(stream, next);
      stream.unit = unit;
      stream.next = next;
      stream.behindCount = 0;
      if (ahead === 0) return IN_ORDER;
      stream.gaps = [...stream.gaps, { from: expected, to: sequence }].slice(-MAX_GAPS);
      return { kind: 'gap', missed: ahead, late: 0 };
    },
    get size() {
      return streams.size;
    },
  };
}

function nextOf({ speaker, sequence, records }: SequenceNote): Next {
  const byRecords = records === undefined ? undefined : (sequence + records) >>> 0;
  const byDatagrams = (sequence + 1) >>> 0;
  return speaker.version === 9
    ? { own: byDatagrams, other: byRecords }
    : { own: byRecords, other: byDatagrams };
}

/** A step tells the units apart when they differ; the one of the version counts when it fits neither. */
function unitOf({ unit, next }: Stream, sequence: number): Stream['unit'] {
  if (unit !== 'unknown' || next.own === undefined || next.own === next.other) return unit;
  if (sequence === next.own) return next.other === undefined ? unit : 'own';
  return sequence === next.other ? 'other' : unit;
}

function takeFromBehind(
  stream: Stream,
  { sequence, speaker, records = 1 }: SequenceNote,
  next: Next,
): SequenceOutcome {
  const isByRecords = (speaker.version === 9) === (stream.unit === 'other');
  const late = fillGap(stream, sequence, isByRecords ? records : 1);
  if (late > 0) return { kind: 'late', missed: 0, late };
  stream.behindCount = stream.behindCount > 0 && stream.behindNext === sequence ? stream.behindCount + 1 : 1;
  stream.behindNext = next[stream.unit === 'other' ? 'other' : 'own'] ?? sequence;
  return stream.behindCount < RESTARTED_AFTER ? DUPLICATE : beginAgain(stream, next);
}

function beginAgain(stream: Stream, next: Next): SequenceOutcome {
  stream.unit = 'unknown';
  stream.next = next;
  stream.gaps = [];
  stream.behindCount = 0;
  return RESTART;
}

/** Takes out of the gaps what a late datagram brings. */
function fillGap(stream: Stream, sequence: number, units: number): number {
  for (const gap of stream.gaps) {
    const end = (sequence + units) >>> 0;
    if (distance(gap.from, sequence) < 0 || distance(end, gap.to) < 0) continue;
    const rest = [
      { from: gap.from, to: sequence },
      { from: end, to: gap.to },
    ].filter(({ from, to }) => from !== to);
    stream.gaps = stream.gaps.flatMap((each) => (each === gap ? rest : [each])).slice(-MAX_GAPS);
    return units;
  }
  return 0;
}
