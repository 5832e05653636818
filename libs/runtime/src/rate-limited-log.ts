import type { Logger } from 'pino';

export interface RateLimitedLog {
  warn(key: string, fields: Record<string, unknown>, message: string): void;
}

/** Writes a line for a key at most once in `intervalMs`, and says then how many were left out. */
export function createRateLimitedLog(
  log: Logger,
  { intervalMs = 10_000, nowMs = Date.now, maxKeys = 1_000 } = {},
): RateLimitedLog {
  const seen = new Map<string, { atMs: number; suppressed: number }>();
  return {
    warn(key, fields, message) {
      const last = seen.get(key);
      const atMs = nowMs();
      if (last && atMs - last.atMs < intervalMs) {
        last.suppressed += 1;
        return;
      }
      if (!last && seen.size >= maxKeys) seen.clear();
      seen.set(key, { atMs, suppressed: 0 });
      log.warn(last && last.suppressed > 0 ? { ...fields, suppressed: last.suppressed } : fields, message);
    },
  };
}
