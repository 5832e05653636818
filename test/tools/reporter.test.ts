import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

it('lists each skipped test with its reason and ends with the plain count', async () => {
  const run = await runTests({
    'a.test.ts': `
      it('adds', () => expect(1 + 1).toBe(2));
      describe('with a router', () => it('asks', (ctx) => ctx.skip('snmpd not installed')));
      it.skip('is left out', () => {});`,
  });

  expect(run.stdout).toContain('a.test.ts > with a router > asks: snmpd not installed');
  expect(run.stdout).toContain('a.test.ts > is left out: no reason given');
  expect(lastLine(run.stdout)).toBe('1 passed, 0 failed, 2 skipped');
  expect(run.code).toBe(0);
});

it('lets a skip fail the run in CI, and says so', async () => {
  const skipping = { 'a.test.ts': `it('asks', (ctx) => ctx.skip('no broker'));` };

  const run = await runTests(skipping, { CI: 'true' });

  expect(run.stdout).toContain('make this run fail');
  expect(lastLine(run.stdout)).toBe('0 passed, 0 failed, 1 skipped');
  expect(run.code).toBe(1);
});

it('passes in CI when nothing is skipped', async () => {
  const run = await runTests({ 'a.test.ts': `it('adds', () => expect(1 + 1).toBe(2));` }, { CI: 'true' });

  expect(lastLine(run.stdout)).toBe('1 passed, 0 failed, 0 skipped');
  expect(run.code).toBe(0);
});

it('counts what fails outside a test: a file that throws, a hook, a promise nobody waits for', async () => {
  const run = await runTests({
    'file.test.ts': `throw new Error('broken file');`,
    'hook.test.ts': `beforeAll(() => { throw new Error('broken hook'); }); it('never starts', () => {});`,
    'stray.test.ts': `it('forgets', async () => {
      void Promise.reject(new Error('stray'));
      await new Promise((resolve) => setImmediate(resolve));
    });`,
  });

  expect(run.stdout).toContain('hook.test.ts > never starts: a hook around it failed');
  expect(lastLine(run.stdout)).toBe('1 passed, 3 failed, 1 skipped');
  expect(run.code).toBe(1);
});

it('does not call tests skipped that the command line did not select', async () => {
  const two = { 'a.test.ts': `it('one', () => {}); it('two', () => {});` };

  const run = await runTests(two, {}, ['--testNamePattern', 'one']);

  expect(lastLine(run.stdout)).toBe('1 passed, 0 failed, 0 skipped');
});

/** Runs Vitest with our reporter on a project of these files. */
async function runTests(
  files: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Promise<{ code: number | null; stdout: string }> {
  const folder = temporaryFolder();
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
    const reporter = join(root, 'tools/vitest-reporter.ts');
    // Vitest looks for its configuration in the folder, finds none, and takes the rest from here.
    const options = ['run', '--root', folder.path, '--globals', '--reporter', reporter, '--no-color'];
    const { CI: _ci, ...outer } = process.env;
    const child = spawn(process.execPath, [vitest, ...options, ...args], {
      cwd: root,
      env: { ...outer, ...env },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout };
  } finally {
    folder.remove();
  }
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1);
}
