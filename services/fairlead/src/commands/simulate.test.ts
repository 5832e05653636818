import { afterEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli.ts';

afterEach(() => void vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  const code = await runCli(['simulate', ...args]);
  return { code, ...written };
}

describe('fairlead simulate', () => {
  it('compares policies on the same days, the same for the same seed', async () => {
    const args = [
      '--model',
      'short web flows',
      '--policy',
      'weights,failover-only',
      '--first',
      '7',
      '--json',
    ];
    const { code, out } = await run(...args);
    expect(code).toBe(0);
    const results = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { contender: string; goodput: number; firstSeed: number });
    expect(results.map(({ contender, firstSeed }) => [contender, firstSeed])).toEqual([
      ['weights', 7],
      ['failover-only', 7],
    ]);
    expect(results[0]?.goodput).toBeGreaterThan(results[1]?.goodput ?? 1);
    vi.restoreAllMocks();
    expect((await run(...args)).out).toBe(out);
  });

  it('prints a table', async () => {
    const { out, err } = await run('--model', 'steady 40 %', '--policy', 'pcc-capacity');
    expect(err).toBe('links 40/10 Mbit/s, seeds 1 to 1, 1 models, 1 site-days\n');
    expect(out.split('\n')[1]).toMatch(/^pcc-capacity +0\.99\d +0\.99\d /);
  });

  it.each([
    [['--links', '40'], 'expected two to eight'],
    [['--policy', 'magic'], 'no policy "magic"; known: weights'],
    [['--model', 'rain'], 'no model "rain"; known: steady 40 %'],
    [['--seeds', '0'], 'above 0'],
  ])('refuses %s', async (args, problem) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });
});
