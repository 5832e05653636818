import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
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

/** What a file or a folder takes of the disk. Files that go away meanwhile count or do not. */
export interface DiskUse {
  readonly bytes: number;
  readonly files: number;
}

/** Without a promise for each file: there are ten thousand, and the machine has other things to do. */
export function readDiskUse(path: string): DiskUse {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return { bytes: (stats?.blocks ?? 0) * BYTES_PER_BLOCK, files: stats ? 1 : 0 };
  let [bytes, files] = [0, 0];
  for (const name of namesIn(path)) {
    const inside = readDiskUse(join(path, name));
    bytes += inside.bytes;
    files += inside.files;
  }
  return { bytes, files };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
