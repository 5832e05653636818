import type { EventLog, LogRecord } from '@fairlead/event-log';
import type { Clock } from '@fairlead/model';
import { type StoredRange, StoreError, type TelemetryStore } from '@fairlead/telemetry-store';
import { type SizedRecord, sizeRecord, splitIntoRuns, sumRows } from './sized-record.ts';

/** What became of some consecutive records. */
export interface Result {
  readonly kind: 'stored' | 'duplicate' | 'dead-letter';
  readonly records: readonly SizedRecord[];
  /** Why a dead letter could not be stored. */
  readonly reason?: string;
}

export interface PartitionWriterDeps {
  readonly log: Pick<EventLog, 'read'>;
  readonly store: TelemetryStore;
  readonly clock: Clock;
}

export interface PartitionWriter {
  /**
   * Stores the records of one batch, each exactly once, whatever an attempt before it left in the store. Reports what
   * became of them in the order of their offsets.
   * @param tenure that of the batch (`LogBatch`)
   * @throws StoreError when the store is away; call again with the same records
   */
  write(records: readonly LogRecord[], report: (result: Result) => void, tenure?: number): Promise<void>;
}

/**
 * How long a partition is surely still ours after a batch. Another member of the group could get it, store some of it,
 * die and lose it to us again; that takes longer than a broker's shortest session timeout (group.min.session.timeout.ms,
 * 6 s by default).
 */
const OURS_FOR_MS = 5_000;

/**
 * Writes one partition of one topic. The rule (docs/adr/0005-stored-exactly-once.md): where a batch does not follow
 * closely on the one before it, claim the partition, and ask the store what it holds at and after the offset where the log goes
 * on. What is there as a whole is skipped, what is there in part is completed as the same batch, and the first insert behind it is
 * marked as uncertain.
 */
export function createPartitionWriter(
  {
    topic,
    partition,
    maxRows,
  }: { readonly topic: string; readonly partition: number; readonly maxRows: number },
  { log, store, clock }: PartitionWriterDeps,
): PartitionWriter {
  /** Ranges in the store that the log has not passed yet. */
  let ahead: readonly StoredRange[] = [];
  let uncertain = true;
  /** Where the next batch begins and until when, if nothing happens in between; undefined after a failure. */
  let expected: { readonly offset: number; readonly tenure?: number; readonly untilMs: number } | undefined;

  /** Asks what is stored. Where another may have written, or still has something under way, not before that is over. */
  async function lookAhead(offset: number, isOurs: boolean): Promise<void> {
    uncertain = true;
    if (!isOurs) await store.claim(topic, partition);
    ahead = await findAhead(offset);
  }

  async function insert(records: readonly SizedRecord[], range: StoredRange): Promise<void> {
    const { firstOffset, lastOffset, firstTimestampMs } = range;
    const values = records.map(({ record }) => record.value);
    await store.insert({ topic, partition, firstOffset, lastOffset, firstTimestampMs, values, uncertain });
  }

  /** Whether the store has this range of this log (and not of an older one with the same offsets), completing it. */
  async function settle(range: StoredRange): Promise<boolean> {
    const records = await readRange(range);
    const [first] = records;
    // What retention has cut off cannot be compared. The log has gone past it, so it is the same log.
    if (first?.record.offset !== range.firstOffset) return true;
    if (first.record.timestampMs !== range.firstTimestampMs) return false;
    if (range.rows < sumRows(records)) await insert(records, range);
    return true;
  }

  async function readRange({ firstOffset, lastOffset }: StoredRange): Promise<SizedRecord[]> {
    const records: SizedRecord[] = [];
    for (let next = firstOffset; next <= lastOffset;) {
      const some = await log.read(topic, partition, next, lastOffset - next + 1);
      const last = some.at(-1);
      if (!last) break;
      records.push(...some.filter(({ offset }) => offset <= lastOffset).map(sizeRecord));
      next = last.offset + 1;
    }
    return records;
  }

  async function findAhead(fromOffset: number): Promise<readonly StoredRange[]> {
    const found: StoredRange[] = [];
    for (const range of await store.storedRanges(topic, partition, fromOffset)) {
      if (await settle(range)) found.push(range);
    }
    return found;
  }

  /** Inserts a run; when the store rejects it for good, its halves, down to the record that is at fault. */
  async function insertRun(run: readonly SizedRecord[], report: (result: Result) => void): Promise<void> {
    const first = run[0];
    const last = run.at(-1);
    if (!first || !last) return;
    if (first.broken !== undefined) {
      report({ kind: 'dead-letter', records: run, reason: first.broken });
      return;
    }
    try {
      await insert(run, {
        firstOffset: first.record.offset,
        lastOffset: last.record.offset,
        firstTimestampMs: first.record.timestampMs,
        rows: sumRows(run),
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.retriable) throw error;
      if (run.length === 1) {
        report({ kind: 'dead-letter', records: run, reason: error.message });
        return;
      }
      const middle = Math.ceil(run.length / 2);
      await insertRun(run.slice(0, middle), report);
      await insertRun(run.slice(middle), report);
      return;
    }
    uncertain = false;
    report({ kind: 'stored', records: run });
  }

  return {
    async write(records, report, tenure) {
      const [first] = records;
      if (!first) return;
      const isOurs = expected?.offset === first.offset && expected.tenure === tenure;
      const follows = isOurs && clock.monotonicMs() < (expected?.untilMs ?? 0);
      expected = undefined;
      if (!follows) await lookAhead(first.offset, isOurs);
      for (const group of groupBy(records.map(sizeRecord), isStored(ahead))) {
        if (group.is) report({ kind: 'duplicate', records: group.records });
        else for (const run of splitIntoRuns(group.records, maxRows)) await insertRun(run, report);
      }
      const last = records.at(-1)?.offset ?? first.offset;
      ahead = ahead.filter(({ lastOffset }) => lastOffset > last);
      expected = {
        offset: last + 1,
        ...(tenure !== undefined && { tenure }),
        untilMs: clock.monotonicMs() + OURS_FOR_MS,
      };
    },
  };
}

const isStored =
  (ranges: readonly StoredRange[]) =>
  ({ record: { offset }, broken }: SizedRecord): boolean =>
    broken === undefined &&
    ranges.some(({ firstOffset, lastOffset }) => firstOffset <= offset && offset <= lastOffset);

/** Neighbours for which the answer is the same. */
function groupBy(
  records: readonly SizedRecord[],
  ask: (record: SizedRecord) => boolean,
): { readonly is: boolean; readonly records: SizedRecord[] }[] {
  const groups: { readonly is: boolean; readonly records: SizedRecord[] }[] = [];
  for (const record of records) {
    const is = ask(record);
    const group = groups.at(-1);
    if (group?.is === is) group.records.push(record);
    else groups.push({ is, records: [record] });
  }
  return groups;
}
