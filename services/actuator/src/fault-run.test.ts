import { expect, it } from 'vitest';
import { runFaults } from '../testing/index.ts';

/** More of them: `npx tsx test/bench/steering-faults.ts --runs 10000`. */
const RUNS = 30;

it('keeps its promises whatever goes wrong', async () => {
  const writes = new Map<string, number>();
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const run = await runFaults(seed);
    expect(run).toMatchObject({ seed, violations: [] });
    writes.set(run.kind, (writes.get(run.kind) ?? 0) + run.writes);
  }
  for (const kind of ['weights in parts', 'headroom in parts'])
    expect(writes.get(kind)).toBeGreaterThan(RUNS / 2);
});
