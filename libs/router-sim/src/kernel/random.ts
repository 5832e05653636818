/** Numbers from 0 to 1, the same for the same seed (Marsaglia's xorshift, 32 bits). */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** How many of something with this mean happen: Poisson, by multiplication (Knuth), in halves where e^-mean is too small. */
export function drawPoisson(random: Random, mean: number): number {
  if (mean > 100) return drawPoisson(random, mean / 2) + drawPoisson(random, mean / 2);
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
