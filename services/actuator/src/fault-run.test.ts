import { expect, it } from 'vitest';
import { runFaults } from '../testing/index.ts';

/** More of them: `npx tsx test/bench/steering-faults.ts --runs 10000`. */
const RUNS = 30;

it('keeps its promises whatever goes wrong', { timeout: 60_000 }, async () => {
  let shared = 0;
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const run = await runFaults(seed);
    expect(run).toMatchObject({ seed, violations: [] });
    if (run.kind === 'weights') shared += run.writes;
  }
  expect(shared).toBeGreaterThan(RUNS);
});
