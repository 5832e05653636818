import { describe, expect, it } from 'vitest';
import { parseSince } from './since.ts';

const NOW_MS = Date.UTC(2026, 0, 2);

describe('since when', () => {
  it.each([
    ['90s', NOW_MS - 90_000],
    ['15m', NOW_MS - 900_000],
    ['2h', NOW_MS - 7_200_000],
    ['1d', NOW_MS - 86_400_000],
    ['2026-01-01', Date.UTC(2026, 0, 1)],
    ['2026-01-01T12:00:00Z', Date.UTC(2026, 0, 1, 12)],
    ['2026-01-01T12:00:00+02:00', Date.UTC(2026, 0, 1, 10)],
  ])('%s', (text, timeMs) => {
    expect(parseSince(text, NOW_MS)).toBe(timeMs);
  });

  it.each(['', '1', '1w', '-1h', 'yesterday', '2026-13-01', '1h30m'])('"%s" is none', (text) => {
    expect(parseSince(text, NOW_MS)).toBeUndefined();
  });
});
