import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mendGeneratedCode } from './mend-generated.ts';
import { type ProgramResult, repositoryRoot, runProgram } from './run-program.ts';

const generated = 'libs/model/src/generated';

/** Generates TypeScript from the record schemas, below a folder. */
export async function generateCode(folder: string, capture: boolean): Promise<ProgramResult> {
  const result = await runProgram('buf', ['generate', '--output', folder], { capture });
  if (result.exitCode !== 0) return result;
  for (const [name, source] of readTree(resolve(folder, generated))) {
    writeFileSync(resolve(folder, generated, name), mendGeneratedCode(source));
  }
  return result;
}

/** Generates from the schemas into a temporary folder and compares; the output names each file that differs. */
export async function generatedCodeIsCurrent(): Promise<ProgramResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-generated-'));
  try {
    const result = await generateCode(folder, true);
    if (result.exitCode !== 0) return result;
    const wanted = readTree(resolve(folder, generated));
    const committed = readTree(resolve(repositoryRoot, generated));
    const names = new Set([...wanted.keys(), ...committed.keys()]);
    const differing = [...names].filter((name) => wanted.get(name) !== committed.get(name));
    return {
      exitCode: differing.length === 0 ? 0 : 1,
      output: differing.map((name) => `${generated}/${name} is not what the schemas say`).join('\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTree(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}
