import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'libs/*/src/**/*.test.ts',
      'services/*/src/**/*.test.{ts,tsx}',
      'test/{e2e,lab,tools}/**/*.test.ts',
    ],
    reporters: ['./tools/vitest-reporter.ts'],
    // Tests do not judge time: these end what hangs, on a machine that is many times slower, too.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
