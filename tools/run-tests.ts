import { runProgram } from './run-program.ts';

const { exitCode } = await runProgram('vitest', ['run', ...process.argv.slice(2)]);
process.exitCode = exitCode;
