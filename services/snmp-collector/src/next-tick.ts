/** The next multiple of the interval after `startedMs` that is not over yet; ticks that were missed are skipped. */
export function nextTick(startedMs: number, intervalMs: number, nowMs: number): number {
  return startedMs + intervalMs * (Math.floor((nowMs - startedMs) / intervalMs) + 1);
}
