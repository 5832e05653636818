import type { SoakResult } from '../soak.ts';
import { INTERVAL_MS, wansOf } from './site.ts';

/** Readings of counters that must have come through, as a share of those that were due. */
const LEAST_READINGS = 0.8;
const HOUR_MS = 3_600_000;

/** What the result shows that must not be. */
export function failuresOf(result: SoakResult, mostHoursBack: number): string[] {
  const { verdicts, stored, tables, routers, hours, exitCode, walls } = result;
  const failures = verdicts
    .filter(({ isFlat }) => !isFlat)
    .map(
      ({ name, first, last, unit, perHour }) =>
        `${name} is not flat: ${first.toFixed(1)} and later ${last.toFixed(1)} ${unit}, ${perHour.toFixed(2)} an hour`,
    );
  const readings = stored['snmp-collector samples'] ?? 0;
  const wans = Array.from({ length: routers }, (_, index) => wansOf(index).length);
  const due = wans.reduce((sum, count) => sum + count, 0) * ((hours * HOUR_MS) / INTERVAL_MS);
  if (readings < LEAST_READINGS * due) failures.push(`only ${readings} of ${due} readings came through`);
  for (const table of ['flows', 'syslog', 'counters', 'wan_utilisation', 'wan_events', 'actuations']) {
    if (!tables[table]) failures.push(`${table} is empty`);
  }
  for (const [name, { hoursBack }] of Object.entries(tables)) {
    if (hoursBack > mostHoursBack) failures.push(`${name} reaches back ${hoursBack.toFixed(1)} hours`);
  }
  if (walls.messages === 0) failures.push('no client of the live gateway heard anything');
  if (exitCode !== 0) failures.push(`the pipeline ended with ${exitCode}`);
  return failures;
}
