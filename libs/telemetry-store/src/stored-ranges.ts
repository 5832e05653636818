import type { StoredRange } from './port.ts';

/** Reads the answer to `storedRangesStatement`. */
export const readStoredRanges = (tabSeparated: string): StoredRange[] =>
  tabSeparated
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map(Number))
    .map(([firstOffset = 0, lastOffset = 0, firstTimestampMs = 0, rows = 0]) => ({
      firstOffset,
      lastOffset,
      firstTimestampMs,
      rows,
    }));
