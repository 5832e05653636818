/** Work that comes back by the router's own time, so that it stands still with it. */
export interface Schedule {
  /** Runs each time that so much device time has passed; what fell due more than once runs once. */
  every(intervalMs: number, run: () => void): () => void;
  /** Runs whenever time has passed. */
  onAdvance(run: () => void): () => void;
}

export interface DrivenSchedule extends Schedule {
  /** @param uptimeMs milliseconds since the boot; smaller than before after a reboot */
  advance(uptimeMs: number): void;
}

export function createSchedule(): DrivenSchedule {
  const jobs = new Set<{ readonly intervalMs: number; dueMs: number; readonly run: () => void }>();
  let nowMs = 0;
  const add = (intervalMs: number, run: () => void): (() => void) => {
    const job = { intervalMs, dueMs: nowMs + intervalMs, run };
    jobs.add(job);
    return () => jobs.delete(job);
  };
  return {
    every: add,
    onAdvance: (run) => add(0, run),
    advance(uptimeMs) {
      if (uptimeMs < nowMs) for (const job of jobs) job.dueMs = uptimeMs + job.intervalMs;
      nowMs = uptimeMs;
      for (const job of [...jobs]) {
        if (job.dueMs > nowMs || !jobs.has(job)) continue;
        const { intervalMs } = job;
        job.dueMs = intervalMs === 0 ? nowMs : nowMs + intervalMs - ((nowMs - job.dueMs) % intervalMs);
        job.run();
      }
    },
  };
}
