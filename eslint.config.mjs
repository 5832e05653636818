import { builtinModules } from 'node:module';
import eslint from '@eslint/js';
import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Who may import whom. A package names its layer in its package.json: `"nx": { "tags": ["layer:core"] }`. */
const layers = {
  core: ['core'],
  stream: ['core', 'stream'],
  adapter: ['core', 'adapter'],
  service: ['core', 'stream', 'adapter'],
  browser: ['core'],
  root: ['core', 'stream', 'adapter', 'service'],
  testkit: [],
};

const testFiles = ['**/*.test.{ts,tsx}', '**/testing/**/*.ts', 'test/**/*.ts'];

// The boundary rule reads the cached project graph of Nx; where there is none it skips itself and passes.
// Making the graph here leaves no way to lint without it: not the check, not an editor, not bare `eslint`.
process.env.NX_DAEMON = 'false';
const graph = await createProjectGraphAsync();
const filesByLayer = groupByLayer(Object.values(graph.nodes));

export default defineConfig(
  {
    ignores: ['**/dist/', '**/node_modules/', '**/coverage/', '**/generated/', '.nx/', '.fairlead/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A port's method is async for its callers, whether this adapter waits for something or not.
      '@typescript-eslint/require-await': 'off',
      // Components are object literals closed over their state; their methods do not use `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `void | Promise<void>` says that a callback may be either.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', setInterval: 'readonly', clearInterval: 'readonly' } },
  },
  { files: ['libs/*/**/*.{ts,tsx}', 'services/*/**/*.{ts,tsx}'], ...boundaries(layers) },
  { files: testFiles, ...boundaries(withTestkit(layers)) },
  {
    files: ['test/**/*.ts', 'tools/**/*.ts'],
    rules: {
      // Outside the packages the boundary rule is silent. The command line has no door: it is the program.
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^[.]+/(?:.*/)?(?:libs|services/(?!fairlead/))',
              message: 'Import the package by its name.',
            },
          ],
        },
      ],
    },
  },
  { files: filesByLayer.core, ignores: testFiles, rules: noInputOrOutput() },
  {
    files: ['libs/model/src/clock.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
);

/** File patterns of each layer. A package without exactly one known layer is an error, not a gap in the fence. */
function groupByLayer(projects) {
  const patterns = Object.fromEntries(Object.keys(layers).map((layer) => [layer, []]));
  for (const { name, data } of projects) {
    const found = (data.tags ?? []).filter((tag) => tag.startsWith('layer:')).map((tag) => tag.slice(6));
    if (found.length !== 1 || !(found[0] in patterns)) {
      throw new Error(
        `${name}: package.json must name one layer of ${Object.keys(layers).join(', ')} in nx.tags`,
      );
    }
    patterns[found[0]].push(`${data.root}/**/*.{ts,tsx}`);
  }
  return patterns;
}

function withTestkit(rules) {
  return Object.fromEntries(Object.entries(rules).map(([layer, may]) => [layer, [...may, 'testkit']]));
}

/** Layers, doors (no relative import into another package), circles and undeclared packages. */
function boundaries(rules) {
  const io = ['kafkajs', 'ws', '@clickhouse/*', 'lmdb', 'chdb', 'fastify', 'net-snmp', 'pino', 'prom-client'];
  return {
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          banTransitiveDependencies: true,
          depConstraints: Object.entries(rules).map(([layer, may]) => ({
            sourceTag: `layer:${layer}`,
            onlyDependOnLibsWithTags: may.map((other) => `layer:${other}`),
            ...((layer === 'core' || layer === 'browser') && { bannedExternalImports: io }),
          })),
        },
      ],
    },
  };
}

/** What a pure package does without. Node's own modules need a rule of their own: the boundary rule does not see them. */
function noInputOrOutput() {
  const message =
    'A core package is pure: take it as an argument (time as a Clock), and do the work in an adapter.';
  const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
  const platform = ['process', 'performance', 'Buffer', 'console', 'fetch', 'crypto', 'globalThis', 'global'];
  return {
    'no-restricted-imports': [
      'error',
      { paths: builtinModules.map((name) => ({ name, message })), patterns: [{ regex: '^node:', message }] },
    ],
    'no-restricted-globals': ['error', ...[...timers, ...platform].map((name) => ({ name, message }))],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message },
      { object: 'Math', property: 'random', message },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: 'ImportExpression', message },
      { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message },
    ],
  };
}
