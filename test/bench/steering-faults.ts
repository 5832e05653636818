/**
 * Seeded runs of the actuator against a simulated router in which replies are lost, sessions cut, rules edited, missing and
 * doubled, links down, decisions and samples repeated, clocks set, routers rebooted between reading and setting, and a
 * second Fairlead armed by mistake; a third of the runs steer shares (`weights`, `headroom`). Prints the sums, and each broken promise with its seed; exits with 1 when there is one.
 *
 * `--runs N` (10000), `--first SEED` (1), `--json`.
 */
import { parseArgs } from 'node:util';
import { runFaults } from '@fairlead/actuator/testing';
import { Outcome } from '@fairlead/model';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    first: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [runs, first] = [Number(options.runs), Number(options.first)];
const TELL_EVERY = 500;

const names = new Map<string, string>(
  Object.entries(Outcome).map(([name, number]) => [String(number), name]),
);
const outcomes = new Map<string, number>();
/** Runs, decisions and settings of each policy. */
const kinds = new Map<string, { runs: number; decisions: number; writes: number }>();
const faults = new Map<string, number>();
const struck = new Map<string, number>();
const sums = { runs: 0, decisions: 0, writes: 0, repaired: 0, violations: 0 };
const startedMs = performance.now();
for (let seed = first; seed < first + runs; seed += 1) {
  const run = await runFaults(seed);
  sums.runs += 1;
  sums.decisions += run.decisions;
  sums.writes += run.writes;
  sums.repaired += run.repaired;
  sums.violations += run.violations.length;
  const kind = kinds.get(run.kind) ?? { runs: 0, decisions: 0, writes: 0 };
  kinds.set(run.kind, {
    runs: kind.runs + 1,
    decisions: kind.decisions + run.decisions,
    writes: kind.writes + run.writes,
  });
  addAll(outcomes, run.outcomes);
  addAll(faults, run.faults);
  addAll(struck, run.struck);
  for (const violation of run.violations) process.stderr.write(`seed ${seed}: ${violation}\n`);
  if (sums.runs % TELL_EVERY === 0) process.stderr.write(`${sums.runs} of ${runs} runs\n`);
}
const total = {
  seeds: `${first} to ${first + runs - 1}`,
  ...sums,
  faults: [...faults].reduce((sum, [fault, count]) => sum + (fault === 'none' ? 0 : count), 0),
  seconds: Math.round((performance.now() - startedMs) / 1_000),
  outcomes: Object.fromEntries([...outcomes].map(([number, count]) => [names.get(number) ?? number, count])),
  byPolicy: Object.fromEntries(kinds),
  byFault: Object.fromEntries(faults),
  struck: Object.fromEntries(struck),
};
process.stdout.write(`${options.json ? JSON.stringify(total) : JSON.stringify(total, undefined, 2)}\n`);
if (sums.violations > 0) process.exitCode = 1;

function addAll(into: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) into.set(name, (into.get(name) ?? 0) + count);
}
