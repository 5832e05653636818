import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'owner.json';

/**
 * Notes which process has a data directory open. The engine's own lock on the directory decides who may open it, and
 * the kernel frees that one whenever the process ends; this note only gives the holder a name.
 */
export const noteOwner = (directory: string): Promise<void> =>
  writeFile(join(directory, FILE), `${JSON.stringify({ pid: process.pid })}\n`);

export const forgetOwner = (directory: string): Promise<void> => rm(join(directory, FILE), { force: true });

/** The living process that noted itself last; undefined after a crash. */
export async function findOwner(directory: string): Promise<number | undefined> {
  try {
    const { pid } = JSON.parse(await readFile(join(directory, FILE), 'utf8')) as { readonly pid?: unknown };
    return typeof pid === 'number' && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
