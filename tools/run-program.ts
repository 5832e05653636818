import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, resolve } from 'node:path';

export const repositoryRoot = resolve(import.meta.dirname, '..');

export interface ProgramResult {
  readonly exitCode: number;
  /** Both streams in the order they came; empty unless captured. */
  readonly output: string;
}

/**
 * Runs a program, one of node_modules/.bin before one of the system, and waits for its end. SIGINT and SIGTERM are
 * handed on to it, and this process stays until it has gone. A program that a signal ended counts as 128 and its number.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd = repositoryRoot, capture = false }: { cwd?: string; capture?: boolean } = {},
): Promise<ProgramResult> {
  const folders = [cwd, repositoryRoot].map((folder) => resolve(folder, 'node_modules/.bin'));
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, PATH: [...folders, process.env['PATH']].join(delimiter) },
    stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', handOn).on('SIGTERM', handOn);
  try {
    return await new Promise((settle, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        settle({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), output });
      });
    });
  } finally {
    process.off('SIGINT', handOn).off('SIGTERM', handOn);
  }
}
