import { expect, it } from 'vitest';
import { createSources, type SourceRules } from './sources.ts';

const open: SourceRules = { allowFrom: [], onlyInventory: false };
const nobody = { routerOf: () => '' };
const stranger = (number: number): string => `10.0.${number >> 8}.${number & 0xff}`;

it('gives a source for all that comes from an address, whatever the port', () => {
  const sources = createSources(open, nobody, () => 0);
  const first = sources.admit('192.0.2.1', 2_055);
  expect(first).toMatchObject({ text: '192.0.2.1' });
  expect(sources.admit('192.0.2.1', 2_055)).toBe(first);
  expect(sources.admit('192.0.2.1', 2_056)).toBe(first);
  expect(sources.admit('192.0.2.2', 2_055)).toMatchObject({ text: '192.0.2.2' });
  expect(sources.admit('192.0.2.1', 2_055)).toBe(first);
});

it('knows a source anew once routers have other addresses', () => {
  let router = 'gw1';
  const sources = createSources(open, { routerOf: () => router }, () => 0);
  expect(sources.admit('192.0.2.1', 2_055)).toMatchObject({ router: 'gw1' });
  router = 'gw2';
  sources.forget();
  expect(sources.admit('192.0.2.1', 2_055)).toMatchObject({ router: 'gw2' });
});

it('keeps the limit of a source that goes on sending, however many strangers come', () => {
  const sources = createSources({ ...open, maxDatagramsPerSecond: 10 }, nobody, () => 0, 64);
  let admitted = 0;
  for (let number = 0; number < 1_000; number += 1) {
    sources.admit(stranger(number), 1);
    if (typeof sources.admit('192.0.2.1', 2) !== 'string') admitted += 1;
  }
  expect(admitted).toBe(10);
  expect(sources.admit('192.0.2.1', 3)).toBe('rate-limited');
  expect(sources.takeEvicted()).toBeGreaterThan(900);
});
