/**
 * Runs the tests of test/lab, or those named (`overload`): real packets in network namespaces. Prints what they measured;
 * with `--json` one object a line, the last one with `passed`, `failed` and `skipped`. The course of the tests is on stderr.
 * Tests do not judge time, since a busy machine would fail them; this does: what took longer than its limit is exit code 1.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import type { LabMeasurement } from '../test/lab/support/measured.ts';
import { runProgram } from './run-program.ts';

const json = process.argv.includes('--json');
const named = process.argv.slice(2).filter((argument) => argument !== '--json');
const tests = named.length === 0 ? ['test/lab/'] : named.map((name) => `test/lab/${name}`);
const folder = temporaryFolder('fairlead-lab-');
const results = join(folder.path, 'results');
process.env['FAIRLEAD_LAB_RESULTS'] = results;
try {
  const { exitCode, output } = await runProgram('vitest', ['run', ...tests], { capture: true });
  process.stderr.write(output);
  process.stdout.write(json ? measuredLines() : readable(measurements()));
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output) ?? [];
  if (json && passed !== undefined) {
    const totals = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
    process.stdout.write(`${JSON.stringify(totals)}\n`);
  }
  const late = measurements().filter(({ peer, value, peerValue }) => peer === 'limit' && value > peerValue);
  for (const { name, value, unit, peerValue } of late) {
    process.stderr.write(`beyond its limit: ${name}, ${value} ${unit} instead of ${peerValue}\n`);
  }
  process.exitCode = exitCode === 0 && late.length > 0 ? 1 : exitCode;
} finally {
  folder.remove();
}

function measuredLines(): string {
  try {
    return readFileSync(results, 'utf8');
  } catch {
    return '';
  }
}

function measurements(): readonly LabMeasurement[] {
  const lines = measuredLines().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LabMeasurement);
}

function readable(found: readonly LabMeasurement[]): string {
  return found
    .map(({ name, value, unit, peer, peerValue }) => `${name}: ${value} ${unit}, ${peer} ${peerValue}\n`)
    .join('');
}
