import { AppendError, type NewRecord } from '@fairlead/event-log';
import { countFrames, FrameError } from '@fairlead/model';
import { encodeEntry, readEntry } from './entry-format.ts';
import { openSpoolFiles, type SpoolEnd, type SpoolFiles } from './spool-files.ts';
import { createSpoolState, type Place, type Segment, type SpoolLimits } from './spool-state.ts';

/** Why records are given up: want of room, a file that cannot be read, an end of the file that is gone. */
export type SpoolLoss = 'spool-full' | 'unreadable' | 'cut-off';

export interface SpoolOptions extends SpoolLimits {
  readonly directory: string;
  /** Told of records that are given up. */
  readonly onDropped: (reason: SpoolLoss, records: number) => void;
}

/** Records from the head of the spool, which stay there until they are done. */
export interface SpoolBatch {
  readonly records: readonly NewRecord[];
  /** How many records of the books that is. */
  readonly count: number;
  readonly end: Place;
}

/**
 * Records on disk, first in, first out, bounded in bytes. What was written is there after a `kill -9`; what was taken and not
 * done comes again then. What a power cut took of the end is counted as `cut-off`, as far as the note of the end was on the disk.
 */
export interface Spool {
  /**
   * Resolves with the place of the entry once the kernel has it.
   * @throws AppendError when there is no room, or the disk does not take it
   */
  write(records: readonly NewRecord[]): Promise<Place>;
  /** What stands at a place is delivered already, and is not taken any more. False when it was dropped before. */
  settle(place: Place): boolean;
  /** The oldest entries of about so many bytes, at least one; one batch at a time. */
  take(maxBytes: number): Promise<SpoolBatch | undefined>;
  done(batch: SpoolBatch): Promise<void>;
  /** Neither waits anything, nor is a batch under way. */
  readonly isEmpty: boolean;
  /** Records and bytes that wait or are under way. */
  readonly waiting: { readonly bytes: number; readonly records: number };
  close(): Promise<void>;
}

const READ_BYTES = 2 ** 20;
const NO_ENTRY_IS_LARGER = 64 * 2 ** 20;

/** Opens the spool of a directory, with what an earlier process left in it. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const files = await openSpoolFiles(options.directory);
  const position = (await files.position()) ?? { segment: 0, offset: 0 };
  const found = await recover(files, position, options.onDropped);
  const last = found.at(-1);
  let end: SpoolEnd = { segment: last?.id ?? 0, bytes: last?.bytes ?? 0, records: last?.records ?? 0 };
  // From now on the files have their bytes, so they can be written on a full disk too.
  await files.savePosition(position).catch(() => undefined);
  await files.saveEnd(end).catch(() => undefined);
  const state = createSpoolState(options, found, position.segment + 1);
  const settled = new Set<string>();
  let underWay: SpoolBatch | undefined;
  let work: Promise<unknown> = Promise.resolve();

  /** One thing at a time is done with the files. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = work.then(task);
    work = result.catch(() => undefined);
    return result;
  };

  const put = async (given: readonly NewRecord[]): Promise<Place> => {
    const count = countRecords(given);
    const entry = encodeEntry(given, count);
    const admission = state.admit(entry.length);
    if (!admission.accepted) throw new AppendError(`the spool ${options.directory} is full`);
    for (const segment of admission.dropped) await drop(segment);
    const place = state.tail();
    const records = (place.segment === end.segment ? end.records : 0) + count;
    const nextEnd = { segment: place.segment, bytes: place.offset + entry.length, records };
    try {
      await files.write(place, entry);
      await files.saveEnd(nextEnd);
    } catch (cause) {
      throw new AppendError(`cannot write to the spool ${options.directory}`, { cause });
    }
    end = nextEnd;
    state.put(entry.length, count);
    return place;
  };

  const drop = async ({ id, records, readRecords }: Segment): Promise<void> => {
    for (const key of settled) if (key.startsWith(`${id}/`)) settled.delete(key);
    await files.remove(id);
    if (records > readRecords) options.onDropped('spool-full', records - readRecords);
  };

  const take = async (maxBytes: number): Promise<SpoolBatch | undefined> => {
    const taken: NewRecord[] = [];
    let count = 0;
    let bytes = 0;
    for (let head = state.head(); head && bytes < maxBytes; head = state.head()) {
      const chunk = await readAt(head, Math.min(head.available, READ_BYTES));
      const entry = readEntry(chunk, 0, NO_ENTRY_IS_LARGER);
      if (entry.kind !== 'entry') {
        options.onDropped('unreadable', state.skip());
        continue;
      }
      for (let at = 0; at < chunk.length && bytes < maxBytes;) {
        const next = readEntry(chunk, at, NO_ENTRY_IS_LARGER);
        if (next.kind !== 'entry') break;
        const isSettled = settled.delete(keyOf({ segment: head.segment, offset: head.offset + at }));
        if (!isSettled) {
          taken.push(...next.records);
          count += next.count;
        }
        state.read(next.bytes, next.count);
        at += next.bytes;
        bytes += next.bytes;
      }
      // The end of a batch is a place in one file.
      if (state.head()?.segment !== head.segment) break;
    }
    if (bytes === 0) {
      await removeFinished();
      return undefined;
    }
    underWay = { records: taken, count, end: endOf() };
    return underWay;
  };

  /** At least the first entry of a place. */
  const readAt = async (place: Place, bytes: number): Promise<Buffer> => {
    const chunk = await files.read(place, bytes);
    const first = readEntry(chunk, 0, NO_ENTRY_IS_LARGER);
    return first.kind === 'more' && first.bytes > bytes ? files.read(place, first.bytes) : chunk;
  };

  const removeFinished = async (): Promise<void> => {
    for (const { id } of state.takeFinished()) await files.remove(id);
  };

  const endOf = (): Place => state.head() ?? state.tail();

  return {
    write: (records) => inTurn(() => put(records)),
    settle(place) {
      if (!state.holds(place.segment)) return false;
      settled.add(keyOf(place));
      return true;
    },
    take: (maxBytes) => inTurn(() => take(maxBytes)),
    done: (batch) =>
      inTurn(async () => {
        await files.savePosition(batch.end);
        underWay = undefined;
        await removeFinished();
      }),
    get isEmpty() {
      return underWay === undefined && state.head() === undefined;
    },
    get waiting() {
      const { bytes, records } = state.waiting;
      return { bytes, records: records + (underWay?.count ?? 0) };
    },
    close: () => inTurn(() => files.close()),
  };
}

const keyOf = ({ segment, offset }: Place): string => `${segment}/${offset}`;

/** Records of the books: those in the batches that the values are. */
export function countRecords(records: readonly NewRecord[]): number {
  let count = 0;
  for (const { value } of records) {
    try {
      count += countFrames(value);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      count += 1;
    }
  }
  return count;
}

/**
 * The segments that are there, read once: what was delivered is behind, what a crash left unfinished is cut off. Of records that
 * are gone together with the end, those that were delivered before are counted too.
 */
async function recover(
  files: SpoolFiles,
  position: Place,
  onDropped: SpoolOptions['onDropped'],
): Promise<Segment[]> {
  const segments: Segment[] = [];
  const ids = await files.segments();
  const end = await files.end();
  // A file that was delivered is gone as well.
  if (end && end.segment > position.segment && !ids.includes(end.segment)) onDropped('cut-off', end.records);
  for (const id of ids) {
    if (id < position.segment) {
      await files.remove(id);
      continue;
    }
    const bytes = await files.read({ segment: id, offset: 0 });
    const segment: Segment = { id, bytes: 0, records: 0, readBytes: 0, readRecords: 0 };
    for (;;) {
      const entry = readEntry(bytes, segment.bytes, NO_ENTRY_IS_LARGER);
      if (entry.kind !== 'entry') break;
      segment.bytes += entry.bytes;
      segment.records += entry.count;
      if (id !== position.segment || segment.bytes > position.offset) continue;
      segment.readBytes = segment.bytes;
      segment.readRecords = segment.records;
    }
    if (segment.bytes < bytes.length) {
      await files.cut({ segment: id, offset: segment.bytes });
      // Behind the end that was noted is an append that was never acknowledged; elsewhere something was damaged.
      if (id !== ids.at(-1)) onDropped('unreadable', 1);
    }
    if (id === end?.segment && segment.bytes < end.bytes) onDropped('cut-off', end.records - segment.records);
    segments.push(segment);
  }
  return segments;
}
