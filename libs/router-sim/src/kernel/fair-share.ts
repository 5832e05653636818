/**
 * The rate that nobody exceeds when `capacity` is shared max-min fairly: who asks for less gets what he asks for, and
 * what he leaves is shared by the others. Infinity when everybody gets everything.
 * @param demands rates, any unit, none negative
 */
export function fairShareLevel(demands: Float64Array | readonly number[], capacity: number): number {
  let total = 0;
  for (const demand of demands) total += demand;
  if (total <= capacity) return Infinity;
  let level = 0;
  // Each round settles at least one more demand below the level, and the level only rises.
  for (;;) {
    let settled = 0;
    let settledCount = 0;
    for (const demand of demands) {
      if (demand <= level) {
        settled += demand;
        settledCount += 1;
      }
    }
    const next = (capacity - settled) / Math.max(1, demands.length - settledCount);
    if (next <= level) return level;
    level = next;
  }
}
