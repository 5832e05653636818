/**
 * The linter, for the moment between two edits: it remembers files it has passed. A rule that looks at types may miss
 * what a change in another file did to this one; `npm run check` starts from nothing.
 */
import { runProgram } from './run-program.ts';

const given = process.argv.slice(2);
const cache = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'];
const { exitCode } = await runProgram('eslint', [
  '--max-warnings=0',
  ...cache,
  ...(given.some((argument) => !argument.startsWith('-')) ? given : ['.', ...given]),
]);
process.exitCode = exitCode;
