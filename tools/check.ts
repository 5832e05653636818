/** Everything a change has to pass beside the tests. All steps run, so that one look shows all there is to mend. */
import { generatedCodeIsCurrent } from './generated-code.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

interface Step {
  readonly name: string;
  readonly mend: string;
  run(): Promise<ProgramResult>;
}

const captured =
  (program: string, ...args: string[]) =>
  (): Promise<ProgramResult> =>
    runProgram(program, args, { capture: true });

const steps: readonly Step[] = [
  { name: 'format', mend: 'npm run format', run: captured('prettier', '--check', '--log-level=warn', '.') },
  { name: 'schemas', mend: 'edit schemas/fairlead', run: captured('buf', 'lint') },
  {
    name: 'schemas only grow',
    mend: 'take new fields, numbers and messages; leave those of schemas/released.binpb as they are',
    run: captured('buf', 'breaking', '--against', 'schemas/released.binpb'),
  },
  { name: 'generated code', mend: 'npm run generate', run: generatedCodeIsCurrent },
  {
    name: 'reference pages',
    mend: 'npm run generate',
    run: captured('tsx', 'tools/generate-reference.ts', '--check'),
  },
  {
    name: 'lint and boundaries',
    mend: 'npm run lint -- --fix, then by hand',
    run: captured('eslint', '--max-warnings=0', '.'),
  },
  { name: 'types', mend: 'npx tsc -p .', run: captured('tsc', '-p', '.') },
  {
    name: 'types of the wallboard',
    mend: 'npx tsc -p services/wallboard',
    run: captured('tsc', '-p', 'services/wallboard'),
  },
  { name: 'unused and undeclared', mend: 'npx knip', run: captured('knip', '--no-config-hints') },
];

const failed: Step[] = [];
for (const step of steps) {
  const startedAtMs = performance.now();
  const { exitCode, output } = await step.run();
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  process.stdout.write(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`);
  if (exitCode !== 0) {
    failed.push(step);
    process.stdout.write(`${output.trimEnd()}\n`);
  }
}
for (const { name, mend } of failed) process.stdout.write(`To mend ${name}: ${mend}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
