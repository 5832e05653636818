import { expect, it } from 'vitest';
import { fullBucket, takeToken } from './token-bucket.ts';

it('lets one second’s worth through at once, and then as many a second', () => {
  const bucket = fullBucket(10, 0);
  const taken = (tries: number, nowMs: number): number =>
    Array.from({ length: tries }, () => takeToken(bucket, 10, nowMs)).filter(Boolean).length;
  expect(taken(50, 0)).toBe(10);
  expect(taken(50, 99)).toBe(0);
  expect(taken(50, 100)).toBe(1);
  expect(taken(50, 600)).toBe(5);
  expect(taken(50, 3_600_000)).toBe(10);
});
