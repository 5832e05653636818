import type { ChaosTotals } from '../chaos.ts';

/** Resident memory that no process may exceed. */
const MOST_MEMORY_MB = 1_024;

/** What the totals show that must not be. */
export function failuresOf(totals: ChaosTotals): string[] {
  const { kinds, sums, windows, collectors, edge, live, highestRssMb, ownExits } = totals;
  const failures: string[] = [];
  for (const [kind, { recordsIn, stored, lost, duplicated, wrongIds }] of Object.entries(kinds)) {
    if (recordsIn === 0 && kind !== 'events') failures.push(`${kind}: nothing was produced`);
    if (lost > 0) failures.push(`${kind}: ${lost} are lost: ${wrongIds.join(', ')}`);
    if (duplicated > 0)
      failures.push(`${kind}: ${duplicated} are there twice, or should not be there: ${wrongIds.join(', ')}`);
    if (stored !== recordsIn) failures.push(`${kind}: ${recordsIn} in, and ${stored} stored`);
  }
  for (const [name, { found, expected }] of Object.entries(sums)) {
    if (found !== expected) failures.push(`${name}: ${found} instead of ${expected}`);
  }
  for (const { name, sent, missing, dropped } of windows) {
    if (missing !== dropped) {
      failures.push(
        `${name}: of ${sent} datagrams ${missing} are missing, and ${dropped} were counted as dropped`,
      );
    }
  }
  for (const [name, { received, stored, dropped }] of Object.entries(collectors)) {
    if (received !== stored + dropped) {
      failures.push(`${name} received ${received} datagrams, stored ${stored} and dropped ${dropped}`);
    }
  }
  for (const write of edge.strayWrites) failures.push(`the router was told what nobody may: ${write}`);
  if (edge.mark.router !== edge.mark.recorded) {
    failures.push(`the router has the mark ${edge.mark.router}, and the record says ${edge.mark.recorded}`);
  }
  if (live.outOfSequence > 0) {
    failures.push(`${live.outOfSequence} times a number was left out for the live client, or came again`);
  }
  for (const [name, mb] of Object.entries(highestRssMb)) {
    if (mb > MOST_MEMORY_MB) failures.push(`${name} took ${mb} MB of memory`);
  }
  for (const [name, times] of Object.entries(ownExits)) {
    if (times > 0) failures.push(`${name} ended by itself ${times} times`);
  }
  return failures;
}
