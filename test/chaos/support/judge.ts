import type { ChaosTotals } from '../chaos.ts';

/** Resident memory that no process may exceed. */
const MOST_MEMORY_MB = 1_024;

/** What the totals show that must not be. */
export function failuresOf(totals: ChaosTotals): string[] {
  const { recordsIn, stored, lost, duplicated, sumsEqual, collector, highestRssMb } = totals;
  const failures: string[] = [];
  if (recordsIn === 0) failures.push('nothing was produced');
  if (lost > 0) failures.push(`${lost} records are lost`);
  if (duplicated > 0) failures.push(`${duplicated} records are there twice`);
  if (stored !== recordsIn) failures.push(`${recordsIn} records in, and ${stored} stored`);
  if (!sumsEqual) failures.push('the sums of the flows are not those of the datagrams');
  if (collector.received !== collector.stored + collector.dropped) {
    failures.push(
      `the collector received ${collector.received} datagrams, stored ${collector.stored} and dropped ${collector.dropped}`,
    );
  }
  for (const [name, mb] of Object.entries(highestRssMb)) {
    if (mb > MOST_MEMORY_MB) failures.push(`${name} took ${mb} MB of memory`);
  }
  return failures;
}
