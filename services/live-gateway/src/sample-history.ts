import { liveLimits, type WanRow } from '@fairlead/live-protocol';

/** Samples kept for one WAN at most, however often it is read. */
const MOST_SAMPLES = 600;

/**
 * Adds the newest sample of a WAN to its history, and lets go of what no snapshot shows any more: a WAN that is read every
 * five minutes would have two days in its last 600 samples.
 * @param rows oldest first; changed in place
 */
export function addSample(rows: WanRow[], row: WanRow): void {
  rows.push(row);
  const sinceMs = row[0] - liveLimits.historySeconds * 1_000;
  while (rows.length > MOST_SAMPLES || (rows[0] ?? row)[0] < sinceMs) rows.shift();
}
