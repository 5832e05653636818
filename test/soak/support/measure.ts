import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BYTES_PER_BLOCK = 512;

/** What the kernel says of a process (proc_pid_status(5)). */
export interface ProcessUse {
  readonly rssBytes: number;
  /** The part of it that is no file's. */
  readonly anonymousBytes: number;
  readonly threads: number;
  /** Open file descriptors, and those of them that are sockets and regular files. */
  readonly handles: number;
  readonly sockets: number;
  readonly openFiles: number;
}

/** @throws Error when there is no such process */
export function readProcess(pid: number): ProcessUse {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const targets = readdirSync(`/proc/${pid}/fd`).map((name) => targetOf(`/proc/${pid}/fd/${name}`));
  return {
    rssBytes: field('VmRSS') * 1_024,
    anonymousBytes: field('RssAnon') * 1_024,
    threads: field('Threads'),
    handles: targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    openFiles: targets.filter((target) => target.startsWith('/')).length,
  };
}

/** What a descriptor is; nothing when it was closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/** What a folder takes of the disk. Files that go away meanwhile count or do not. */
export interface FolderUse {
  readonly bytes: number;
  readonly files: number;
}

export async function readFolder(path: string): Promise<FolderUse> {
  let [bytes, files] = [0, 0];
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) {
      const inside = await readFolder(child);
      bytes += inside.bytes;
      files += inside.files;
    } else {
      const stats = await lstat(child).catch(() => undefined);
      bytes += (stats?.blocks ?? 0) * BYTES_PER_BLOCK;
      files += stats ? 1 : 0;
    }
  }
  return { bytes, files };
}
