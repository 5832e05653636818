/**
 * Runs the tests of test/lab, or those named (`overload`): real packets in network namespaces. Prints what they measured;
 * with `--json` one object a line, the last one with `passed`, `failed` and `skipped`. The course of the tests is on stderr.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
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
  process.stdout.write(json ? measuredLines() : readable(measuredLines()));
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output) ?? [];
  if (json && passed !== undefined) {
    const totals = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
    process.stdout.write(`${JSON.stringify(totals)}\n`);
  }
  process.exitCode = exitCode;
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

function readable(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { name, value, unit, peer, peerValue } = JSON.parse(line) as Record<string, string | number>;
      return `${name}: ${value} ${unit}, ${peer} ${peerValue}\n`;
    })
    .join('');
}
