import { writeSync } from 'node:fs';

const STDERR = 2;

/**
 * Ends the process at once if it exits while the engine is at work. The engine's own exit handlers wait for what is under
 * way without a deadline, or crash on it. Nothing that was acknowledged depends on them: what is stored is in place, and
 * the rest comes again from the log.
 * @returns for when the engine was closed: the process may exit as usual
 */
export function endWithoutEngine(directory: string): () => void {
  const end = (): void => {
    writeSync(
      STDERR,
      `the store in ${directory} is still at work; the process ends without it. Nothing is lost: what was not stored comes again from the log.\n`,
    );
    process.kill(process.pid, 'SIGKILL');
  };
  process.once('exit', end);
  return () => process.off('exit', end);
}
