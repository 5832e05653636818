/** Writes what is derived: TypeScript from the record schemas, the reference pages and the JSON Schema from the code. */
import { generateCode } from './generated-code.ts';
import { repositoryRoot, runProgram } from './run-program.ts';

const { exitCode } = await generateCode(repositoryRoot, false);
process.exitCode =
  exitCode === 0 ? (await runProgram('tsx', ['tools/generate-reference.ts'])).exitCode : exitCode;
