import type { SiteWan } from './site.ts';

/**
 * The WAN of each part, those of one WAN next to each other: in proportion to the weights where a WAN has one, otherwise to
 * what the WANs deliver. By largest remainders, the first of equal ones; with as many parts as WANs or more each has one.
 */
export function divideParts(wans: readonly SiteWan[], parts: number): SiteWan[] {
  const hasWeights = wans.some(({ weight }) => weight !== undefined);
  const shares = wans.map(({ weight, capacity }) => (hasWeights ? (weight ?? 1) : capacity.rx));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const counts = shares.map((share) => Math.max(1, Math.floor((share / all) * parts)));
  const given = (): number => counts.reduce((sum, count) => sum + count, 0);
  /** How far a WAN is below its share; the most of it is given to first, the least taken from. */
  const lack = (at: number): number => ((shares[at] ?? 0) / all) * parts - (counts[at] ?? 0);
  const positions = wans.map((_, at) => at);
  while (given() < parts) {
    const most = positions.reduce((best, at) => (lack(at) > lack(best) ? at : best));
    counts[most] = (counts[most] ?? 0) + 1;
  }
  while (given() > parts) {
    const spare = positions.filter((at) => (counts[at] ?? 0) > 1);
    const least = spare.reduce((best, at) => (lack(at) < lack(best) ? at : best), spare[0] ?? 0);
    counts[least] = (counts[least] ?? 0) - 1;
  }
  return wans.flatMap((wan, at) => Array.from({ length: counts[at] ?? 0 }, () => wan));
}
