import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createRateLimitedLog } from './rate-limited-log.ts';

it('writes the first line of a key, then counts until the interval is over', () => {
  const lines: { msg: string; suppressed?: number }[] = [];
  const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) });
  let nowMs = 0;
  const limited = createRateLimitedLog(log, { intervalMs: 1_000, nowMs: () => nowMs });
  for (nowMs = 0; nowMs <= 1_000; nowMs += 250) limited.warn('gw1', {}, 'timeout');
  limited.warn('gw2', {}, 'timeout');
  expect(lines.map(({ suppressed }) => suppressed)).toEqual([undefined, 3, undefined]);
});
