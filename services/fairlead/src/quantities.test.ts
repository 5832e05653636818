import { expect, it } from 'vitest';
import { describeDuration, describeSize } from './quantities.ts';

it.each([
  [7 * 86_400_000, '7 d'],
  [36 * 3_600_000, '36 h'],
  [90_000, '90 s'],
  [1_500, '1500 ms'],
  [0, '0 ms'],
  [-1, 'ever'],
])('%i ms are %s', (ms, text) => {
  expect(describeDuration(ms)).toBe(text);
});

it.each([
  [4 * 2 ** 30, '4 GiB'],
  [1_572_864, '1.5 MiB'],
  [100, '100 B'],
  [-1, 'everything'],
])('%i bytes are %s', (bytes, text) => {
  expect(describeSize(bytes)).toBe(text);
});
