import { expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

it.each([
  ['1w2d3h4m5s', 788_645_000],
  ['5s', 5_000],
  ['2d', 172_800_000],
  ['100ms', 100],
  ['1s500ms', 1_500],
  ['14ms322us', 14.322],
  ['04:05:06', 14_706_000],
  ['1w1d00:00:01', 691_201_000],
])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

it.each(['', 'never', '5', '-5s', '1d2', 's'])('%j is no duration', (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);
