import { isLoopback } from '@fairlead/runtime';
import { describe, expect, it } from 'vitest';
import { fairleadConfigSchema } from './config.ts';

const problems = (config: unknown): string[] =>
  (fairleadConfigSchema.safeParse(config).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('an address that others can reach', () => {
  const tls = { certificate: 'c.pem', key: 'k.pem' };

  it('is refused without a word about who may read and how', () => {
    expect(problems({ http: { host: '0.0.0.0' } })).toEqual([
      expect.stringMatching(/^http\.host: others can reach 0\.0\.0\.0: set live\.access to token/),
      expect.stringMatching(/^http\.host: others can reach 0\.0\.0\.0: set http\.tls/),
    ]);
    expect(problems({ http: { host: '::' }, live: { access: 'token' } })).toHaveLength(1);
    expect(problems({ http: { host: '192.0.2.1', tls } })).toHaveLength(1);
  });

  it.each([
    [{ http: { host: '0.0.0.0', tls }, live: { access: 'token' } }],
    [{ http: { host: '0.0.0.0', allowPlainText: true }, live: { access: 'open' } }],
    [{ http: { host: '127.0.0.1' } }],
    [{}],
  ])('is taken when both are said: %j', (config) => {
    expect(problems(config)).toEqual([]);
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example', false],
])('%s is loopback: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
