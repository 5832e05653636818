import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { ESLint } from 'eslint';
import { describe, expect, it, vi } from 'vitest';

// Each test asks what the linter would say if an existing file held these lines. Nothing is written.
const root = resolve(import.meta.dirname, '../..');
const linter = new ESLint({ cwd: root });
// The first question reads the types of the whole repository.
vi.setConfig({ testTimeout: 120_000 });

const core = 'libs/netflow/src/index.ts';
const coreTest = 'libs/model/src/model.test.ts';
const adapter = 'libs/event-log/src/index.ts';
const service = 'services/actuator/src/index.ts';

describe('a core package', () => {
  it.each(['node:fs', 'fs', 'node:fs/promises', 'node:net', 'timers'])('may not import %s', async (name) => {
    expect(await complaints(core, `export * from '${name}';`)).toContainEqual(
      expect.stringMatching(/^no-restricted-imports: .*A core package is pure/),
    );
  });

  it.each([
    ['an import in disguise', `export const fs = import('node:fs');`],
    ['the wall clock', `export const now = () => Date.now();`],
    ['the wall clock, as a Date', `export const now = () => new Date();`],
    ['a timer', `export const later = (act: () => void) => setTimeout(act, 1);`],
    ['the environment', `export const home = process.env['HOME'];`],
    ['chance', `export const dice = () => Math.random();`],
  ])('may not use %s', async (_what, text) => {
    expect(await complaints(core, text)).toContainEqual(expect.stringContaining('A core package is pure'));
  });

  it('may not import an adapter', async () => {
    expect(await boundaryComplaints(core, `export * from '@fairlead/event-log';`)).toEqual([
      expect.stringContaining('"layer:core" can only depend on libs tagged with "layer:core"'),
    ]);
  });

  it.each([
    'kafkajs',
    'ws',
    '@clickhouse/client',
    'lmdb',
    'chdb',
    'fastify',
    'net-snmp',
    'pino',
    'prom-client',
  ])('may not import %s', async (name) => {
    expect(await boundaryComplaints(core, `export * from '${name}';`)).toContainEqual(
      expect.stringContaining(`"layer:core" is not allowed to import "${name}"`),
    );
  });

  it('may import another core package', async () => {
    expect(await complaints(core, `export * from '@fairlead/model';`)).toEqual([]);
  });

  it('may do as it likes in its tests, with the testkit', async () => {
    const text = `import { cwd } from 'node:process';\nimport { until } from '@fairlead/testkit';\nvoid until('it', cwd);`;
    expect(await complaints(coreTest, text)).toEqual([]);
  });
});

describe('any package', () => {
  it('may not import a service', async () => {
    expect(await boundaryComplaints(service, `export * from '@fairlead/wan-processor';`)).toEqual([
      expect.stringContaining('"layer:service" can only depend on libs tagged with'),
    ]);
  });

  it('may not reach into another by a relative path', async () => {
    expect(await boundaryComplaints(core, `export * from '../../model/src/clock.ts';`)).toEqual([
      expect.stringContaining('cannot be imported by a relative or absolute path'),
    ]);
  });

  it('may not close a circle', async () => {
    expect(await boundaryComplaints('libs/model/src/index.ts', `export * from '@fairlead/topics';`)).toEqual([
      expect.stringContaining('Circular dependency between "@fairlead/model" and "@fairlead/topics"'),
    ]);
  });

  it('may not import what its package.json does not name', async () => {
    expect(await boundaryComplaints(adapter, `export * from 'fastify';`)).toEqual([
      expect.stringContaining('Only packages defined in the "package.json" can be imported'),
    ]);
  });

  it('may not ship the testkit', async () => {
    expect(await boundaryComplaints(adapter, `export * from '@fairlead/testkit';`)).toEqual([
      expect.stringContaining('can only depend on libs tagged with'),
    ]);
  });

  it('may not leave a promise alone', async () => {
    expect(await complaints(service, `Promise.resolve();\nexport {};`)).toEqual([
      expect.stringContaining('@typescript-eslint/no-floating-promises'),
    ]);
  });
});

it('is not skipped where Nx has no project graph yet, and fails the command', () => {
  const noGraph = temporaryFolder();
  try {
    const eslint = join(
      dirname(createRequire(import.meta.url).resolve('eslint/package.json')),
      'bin/eslint.js',
    );
    const run = spawnSync(process.execPath, [eslint, '--stdin', '--stdin-filename', core], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: noGraph.path },
      input: `export * from '@fairlead/event-log';\n`,
    });

    expect(run.stdout).toContain('@nx/enforce-module-boundaries');
    expect(run.status).toBe(1);
  } finally {
    noGraph.remove();
  }
});

/** What the linter says of `file` if it held `text`: `rule: message`. */
async function complaints(file: string, text: string): Promise<string[]> {
  const results = await linter.lintText(text, { filePath: resolve(root, file) });
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message }) => `${ruleId ?? 'syntax'}: ${message}`),
  );
}

async function boundaryComplaints(file: string, text: string): Promise<string[]> {
  const all = await complaints(file, text);
  return all.filter((complaint) => complaint.startsWith('@nx/enforce-module-boundaries'));
}
