import type { LogWriter } from '../log-writer.ts';
import type { Storage } from './storage.ts';

/** Lets old records go, every `intervalMs`. */
export function createRetention(
  storage: Storage,
  options: {
    readonly intervalMs: number;
    readonly nowMs: () => number;
    readonly logger: LogWriter;
    write<T>(work: () => T): Promise<T>;
  },
): { stop(): Promise<void> } {
  const { intervalMs, nowMs, logger, write } = options;
  let sweeping: Promise<void> | undefined;
  let isStopped = false;

  const sweep = async (): Promise<void> => {
    try {
      storage.forgetDeadReaders();
      for (const { stored, partition } of storage.partitions(storage.topicNames())) {
        const now = nowMs();
        if (!storage.canTrim(stored, partition, now)) continue;
        while (!isStopped && (await write(() => storage.trim(stored, partition, now))));
      }
    } catch (err) {
      logger.error({ err }, 'retention failed; it is tried again');
    }
  };

  const timer = setInterval(() => {
    sweeping ??= sweep().finally(() => (sweeping = undefined));
  }, intervalMs);
  timer.unref();
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}
