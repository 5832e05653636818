import { expect, it } from 'vitest';
import { parseCounter, parseFlag } from './property-values.ts';

it.each([
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
  ['', undefined],
  [undefined, undefined],
])('the flag %j is %j', (text, value) => expect(parseFlag(text)).toBe(value));

it.each([
  ['0', 0n],
  ['18446744073709551615', 2n ** 64n - 1n],
  ['18446744073709551616', undefined],
  ['-1', undefined],
  ['1 000', undefined],
  ['', undefined],
  [undefined, undefined],
])('the counter %s is %s', (text, value) => expect(parseCounter(text)).toBe(value));
