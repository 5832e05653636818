/**
 * How old a number may be: `late` above two intervals (still shown, marked), `dead` above five (struck out, because
 * it says nothing about now).
 */
export type Freshness = 'fresh' | 'late' | 'dead';

export function freshnessOf(ageMs: number, intervalMs: number): Freshness {
  if (ageMs > 5 * intervalMs) return 'dead';
  return ageMs > 2 * intervalMs ? 'late' : 'fresh';
}
