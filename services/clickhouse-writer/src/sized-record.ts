import type { LogRecord } from '@fairlead/event-log';
import { countFrames, FrameError } from '@fairlead/model';

/** A record of the log and how many rows it makes; 0 when its frames are broken. */
export interface SizedRecord {
  readonly record: LogRecord;
  readonly rows: number;
  /** Why it can make no rows. */
  readonly broken?: string;
}

/**
 * Counts the frames of a record. A broken length must not reach the store: there the values stand one behind the
 * other, and the end of one would be read as the beginning of the next.
 */
export function sizeRecord(record: LogRecord): SizedRecord {
  try {
    return { record, rows: countFrames(record.value) };
  } catch (error) {
    if (error instanceof FrameError) return { record, rows: 0, broken: error.message };
    throw error;
  }
}

/** Sound records in runs of at most `maxRows` rows (one larger record comes alone); a broken record stands alone. */
export function splitIntoRuns(records: readonly SizedRecord[], maxRows: number): SizedRecord[][] {
  const runs: SizedRecord[][] = [];
  let rows = 0;
  for (const sized of records) {
    const run = runs.at(-1);
    const joins = run !== undefined && !run[0]?.broken && !sized.broken && rows + sized.rows <= maxRows;
    if (joins) run.push(sized);
    else runs.push([sized]);
    rows = joins ? rows + sized.rows : sized.rows;
  }
  return runs;
}

export const sumRows = (records: readonly SizedRecord[]): number =>
  records.reduce((sum, { rows }) => sum + rows, 0);
