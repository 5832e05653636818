import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of its own for a folder, which can be full. */
export interface SmallDisk {
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  remove(): void;
}

const PIECE = Buffer.alloc(16_384);

/** Mounts a file system in memory (tmpfs(5)) over a folder; undefined where that takes rights that this process has not. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  if (process.getuid?.() !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'fairlead-chaos', folder]);
  } catch {
    return undefined;
  }
  const filler = join(folder, 'filler');
  let isMounted = true;
  const remove = (): void => {
    if (!isMounted) return;
    isMounted = false;
    process.off('exit', remove);
    execFileSync('umount', ['--lazy', folder]);
  };
  // A run that breaks off leaves nothing mounted.
  process.once('exit', remove);
  return {
    fill() {
      for (let piece = PIECE; piece.length > 0;) {
        try {
          appendFileSync(filler, piece);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          piece = piece.subarray(0, Math.floor(piece.length / 2));
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove,
  };
}
