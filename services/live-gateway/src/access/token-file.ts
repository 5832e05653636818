import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type StoredToken, storedTokenSchema } from './token.ts';

const fileSchema = z.strictObject({ version: z.literal(1), tokens: z.array(storedTokenSchema).max(10_000) });

/**
 * The tokens of a file; none where there is no file.
 * @throws Error naming the file when it is not sound
 */
export async function readTokens(file: string): Promise<readonly StoredToken[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${file} cannot be read`, { cause });
  }
  try {
    return fileSchema.parse(JSON.parse(text)).tokens;
  } catch (cause) {
    throw new Error(`${file} holds no list of tokens; mend it, or move it away and make new tokens`, {
      cause,
    });
  }
}

/** Replaces the file in one step; only its owner may read it. */
export async function writeTokens(file: string, tokens: readonly StoredToken[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify({ version: 1, tokens }, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

/** Changes when the file does. */
export async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}
