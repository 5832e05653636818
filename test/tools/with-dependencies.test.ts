import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { expect, it, onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

it('installs on a fresh clone, then runs the command with its arguments and its exit code', () => {
  const clone = freshClone();

  const run = clone.run('lint', '--fix', 'libs');

  expect(clone.installs()).toEqual(['ci --include=dev --no-audit --no-fund --loglevel=error']);
  expect(run).toMatchObject({ status: 3, stdout: 'linted --fix libs' });
});

it('installs once, and again when the lock file asks for something else', () => {
  const clone = freshClone();

  clone.run('lint');
  clone.run('lint');
  expect(clone.installs()).toHaveLength(1);

  clone.lock('2.0.0');
  clone.run('lint');
  expect(clone.installs()).toHaveLength(2);
});

it('stops when the install fails, and says so', () => {
  const clone = freshClone({ npm: 'exit 7' });

  const run = clone.run('lint');

  expect(run).toMatchObject({ status: 1, stdout: '' });
  expect(run.stderr).toContain('npm ci failed with exit code 7.');
});

it('names what there is when asked for something else, and installs nothing for it', () => {
  const clone = freshClone();

  const run = clone.run('fly');

  expect(run.status).toBe(1);
  expect(run.stderr).toContain('There is no command fly; there are demo, test, check,');
  expect(clone.run('--help').stdout).toContain('npm run kafka:local');
  expect(clone.installs()).toEqual([]);
});

/** A clone with one dependency, where `npm` is a script that notes how it was called and does what npm would. */
function freshClone({ npm = installs() } = {}) {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const at = (...path: string[]): string => join(folder.path, ...path);
  const lock = (version: string): void => {
    const packages = {
      '': {},
      'libs/model': { version: '0.1.0' },
      'node_modules/rxjs': { version },
      'node_modules/for-another-system': { version, optional: true },
    };
    writeFileSync(at('package-lock.json'), JSON.stringify({ packages }));
  };

  writeFileSync(at('package.json'), JSON.stringify({ type: 'module' }));
  mkdirSync(at('tools'));
  copyFileSync(join(root, 'tools/with-dependencies.mjs'), at('tools/with-dependencies.mjs'));
  writeFileSync(
    at('tools/lint.ts'),
    `process.stdout.write(['linted', ...process.argv.slice(2)].join(' ')); process.exitCode = 3 as number;`,
  );
  mkdirSync(at('bin'));
  writeFileSync(at('bin/npm'), `#!/bin/sh\necho "$@" >> npm-calls\n${npm}\n`);
  chmodSync(at('bin/npm'), 0o755);
  lock('1.0.0');

  return {
    lock,
    installs: (): string[] =>
      existsSync(at('npm-calls')) ? readFileSync(at('npm-calls'), 'utf8').trimEnd().split('\n') : [],
    run: (...args: string[]) =>
      spawnSync(process.execPath, ['tools/with-dependencies.mjs', ...args], {
        cwd: folder.path,
        encoding: 'utf8',
        env: { ...process.env, PATH: [at('bin'), process.env['PATH']].join(delimiter) },
      }),
  };
}

/** What `npm ci` leaves behind, as far as the command looks: its own lock file without the other system's package, and tsx. */
function installs(): string {
  return `mkdir -p node_modules
    sed 's/"node_modules.for-another-system/"elsewhere/' package-lock.json > node_modules/.package-lock.json
    ln -sfn '${join(root, 'node_modules/tsx')}' node_modules/tsx`;
}
