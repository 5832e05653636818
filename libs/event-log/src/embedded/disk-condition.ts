import { statfsSync } from 'node:fs';
import type { LogWriter } from '../log-writer.ts';

/** Less room than this explains that nothing can be written. */
const NO_ROOM_BYTES = 2 ** 20;

/** Says once when nothing can be written any more, and why, and once when it can again. */
export function createDiskCondition(
  directory: string,
  logger: LogWriter,
): { succeeded(): void; failed(cause: unknown): string } {
  let failures = 0;
  return {
    succeeded() {
      if (failures === 0) return;
      logger.info({ directory, failures }, 'the event log can be written again');
      failures = 0;
    },
    failed(cause) {
      const freeBytes = readFreeBytes(directory);
      const isFull = freeBytes !== undefined && freeBytes < NO_ROOM_BYTES;
      const message = isFull ? `no room left for ${directory}` : `could not write to ${directory}`;
      failures += 1;
      if (failures === 1) {
        logger.error({ directory, freeBytes, err: cause }, `${message}; what comes is refused until it can`);
      }
      return message;
    },
  };
}

function readFreeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
