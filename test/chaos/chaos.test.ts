import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { runChaos } from './chaos.ts';
import { failuresOf } from './support/judge.ts';

const folder = temporaryFolder('fairlead-chaos-');
afterAll(() => folder.remove());

describe('chaos', { timeout: 300_000 }, () => {
  it('loses nothing and stores nothing twice, whatever is killed, stopped or cut off', async () => {
    const faults: string[] = [];
    const totals = await runChaos({
      seed: 3,
      faults: 20,
      longMs: 5_000,
      log: 'embedded',
      folder: folder.path,
      onFault: (_number, name) => faults.push(name),
    });
    expect(failuresOf(totals), faults.join(', ')).toEqual([]);
    expect(totals.faults).toBe(20);
  });
});
