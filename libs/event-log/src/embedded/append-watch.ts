import { type FSWatcher, watch } from 'node:fs';

/** How long changes are gathered: many commits a second are one waking. */
const GATHER_MS = 10;

/**
 * Calls back soon after the file changed, by whichever process. Where the system does not tell (a network file system,
 * no watches left), it never does, and polling is what remains.
 */
export function watchAppends(file: string, onChange: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const changed = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, GATHER_MS).unref();
  };
  try {
    watcher = watch(file, { persistent: false }, changed);
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = undefined;
  }
  return {
    close() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
