/**
 * Runs the benchmarks of test/bench one after the other: all, or those named. From the first option (`--json`) on, everything
 * goes to each of them.
 */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { repositoryRoot, runProgram } from './run-program.ts';

const folder = resolve(repositoryRoot, 'test/bench');
const suffix = '.bench.ts';
const names = readdirSync(folder)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length));

const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const asked = firstOption === -1 ? given : given.slice(0, firstOption);
const options = given.slice(asked.length);
const unknown = asked.filter((name) => !names.includes(name));

if (asked.length === 0 && (options.includes('--help') || options.includes('-h'))) {
  process.stdout.write(`npm run bench -- [NAME]... [options]

Runs the benchmarks named, or all, one after the other. The options go to each of them; what one knows is said at
the head of its file, test/bench/NAME.bench.ts.

  --json    the figures as JSON
  --help    this text

${names.map((name) => `  ${name}\n`).join('')}`);
} else if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : names) {
    const { exitCode } = await runProgram('tsx', [resolve(folder, `${name}${suffix}`), ...options]);
    if (exitCode !== 0) process.exitCode = exitCode;
  }
}
