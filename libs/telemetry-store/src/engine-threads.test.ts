import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { temporaryFolder } from '@fairlead/testkit';
import { expect, it, vi } from 'vitest';
import { createChdbStore } from './chdb-store.ts';

/** How much nicer than this one each thread of the process is that has the name. */
function nicenessOf(name: string): number[] {
  return readdirSync('/proc/self/task')
    .filter((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trimEnd() === name)
    .map((thread) => getPriority(Number(thread)) - getPriority());
}

it.runIf(process.platform === 'linux')(
  'merges yield to inserts, and both to what receives, in a process of usual niceness',
  async () => {
    const folder = temporaryFolder('fairlead-engine-threads-');
    const before = getPriority();
    const store = await createChdbStore({ directory: folder.path });
    try {
      await store.migrate();
      const most = 19 - before;
      await vi.waitFor(() => {
        expect(new Set(nicenessOf('MergeMutate'))).toEqual(new Set([Math.min(10, most)]));
        expect(new Set(nicenessOf('ThreadPool'))).toEqual(new Set([Math.min(5, most)]));
      }, 60_000);
      expect(getPriority()).toBe(before);
    } finally {
      await store.close();
      folder.remove();
    }
  },
);
