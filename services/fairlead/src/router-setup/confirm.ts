import { createInterface } from 'node:readline/promises';
import { UsageError } from '../exit.ts';

/**
 * Asks on the terminal; only yes is yes.
 * @throws UsageError where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('nobody can be asked here; say --yes if that is wanted');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
