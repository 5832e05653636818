import { open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** How long the last file of a spool is. */
export interface SpoolTail {
  readonly file: string;
  readonly bytes: number;
}

/** The last file of a spool; undefined while it has none. */
export async function lastOfSpool(folder: string): Promise<SpoolTail | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.spool'));
  const name = names.sort().at(-1);
  if (name === undefined) return undefined;
  const file = join(folder, name);
  return { file, bytes: (await stat(file)).size };
}

/**
 * Leaves of the bytes behind `from` only a share, as a power cut can: the file is shorter then, or as long as it was with zeros
 * where its blocks were not written.
 */
export async function loseTail(
  { file, bytes }: SpoolTail,
  from: number,
  share: number,
  how: 'shorter' | 'zeros',
): Promise<void> {
  const kept = Math.floor(from + (bytes - from) * share);
  if (how === 'shorter') return truncate(file, kept);
  const handle = await open(file, 'r+');
  try {
    await handle.write(Buffer.alloc(bytes - kept), 0, bytes - kept, kept);
  } finally {
    await handle.close();
  }
}
