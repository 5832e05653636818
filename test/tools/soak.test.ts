import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { judge, theilSen } from '../soak/support/flatness.ts';
import { HORIZON_MS, scaledStatement } from '../soak/support/scaled-retention.ts';
import { ANSWER_DEADLINES_MS, realDelayMs, simulatedMs } from '../soak/support/simulated-time.ts';

const HOURS = Array.from({ length: 241 }, (_, i) => i / 10);
const series = (value: (hour: number) => number, slack = 0) => ({
  name: 'memory',
  unit: 'MiB',
  slack,
  points: HOURS.map((hour) => [hour, value(hour)] as const),
});
const noise = (hour: number): number => 8 * Math.sin(hour * 17);

it('calls what fills up and then stays flat', () => {
  const filling = judge(
    series((hour) => 100 + 20 * Math.min(hour, 5) + noise(hour), 8),
    6,
  );
  expect(filling).toMatchObject({ isFlat: true });
  expect(filling.first).toBeCloseTo(filling.last, -1);
  expect(
    judge(
      series((hour) => 500 - hour),
      6,
    ).isFlat,
  ).toBe(true);
});

it.each([
  { what: 'a MiB an hour in a memory of 600', at: (hour: number) => 600 + hour + noise(hour), slack: 12 },
  { what: 'a MiB an hour in a heap of 60', at: (hour: number) => 60 + hour + noise(hour) / 8, slack: 4 },
  { what: 'five handles an hour', at: (hour: number) => 150 + Math.floor(5 * hour) + noise(hour), slack: 16 },
  { what: 'a thread in four hours', at: (hour: number) => 45 + Math.floor(hour / 4), slack: 3 },
  { what: 'a MiB an hour that began late', at: (hour: number) => 60 + Math.max(0, hour - 12), slack: 4 },
])('finds $what', ({ at, slack }) => {
  expect(judge(series(at, slack), 8).isFlat).toBe(false);
});

it('lets a few more handles pass, and hours without a value or too few of them not', () => {
  const steps = (hour: number): number => (hour > 15 ? 23 : 20);
  expect(judge(series(steps, 4), 6).isFlat).toBe(true);
  expect(judge(series(steps, 2), 6).isFlat).toBe(false);
  const whole = series(() => 20);
  const points = whole.points.filter(([hour]) => Math.floor(hour) !== 11);
  expect(judge({ ...whole, points }, 6).isFlat).toBe(false);
  expect(judge({ ...whole, points: whole.points.slice(0, 100) }, 6).isFlat).toBe(false);
});

it('finds the slope whatever a few outliers say', () => {
  const outliers = (hour: number): number => (hour % 5 === 0 ? 1_000 : 3 * hour);
  expect(theilSen(series(outliers).points)).toBeCloseTo(3, 1);
});

it('keeps rows of every table with an end for the horizon, by the clock of the site', () => {
  const time = { realStartMs: 1_700_000_000_000, simulatedStartMs: 1_600_000_000_000, factor: 144 };
  const folder = resolve(import.meta.dirname, '../../schemas/clickhouse');
  const migrations = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const tables = migrations.flatMap((text) => text.split(';')).filter((part) => part.includes('TTL time'));
  expect(tables.length).toBeGreaterThan(9);
  for (const table of tables) {
    const scaled = scaledStatement(table, time);
    expect(scaled).not.toMatch(/TTL time|toYYYYMM/);
    expect(scaled).toContain(
      'TTL toDateTime(1700000000 + toInt64(floor((toInt64(toUnixTimestamp(time)) - 1600000000',
    );
    expect(scaled).toContain(
      'merge_with_ttl_timeout = 100, cleanup_delay_period = 1, max_cleanup_delay_period = 3, cleanup_delay_period_random_add = 1, ttl_only_drop_parts = 1',
    );
  }
  expect(simulatedMs(time, time.realStartMs + HORIZON_MS / 144)).toBe(time.simulatedStartMs + HORIZON_MS);
});

it('shortens what the program waits for, but neither its own short waits nor those for an answer', () => {
  expect(realDelayMs(100, 60_000)).toBe(600);
  expect(realDelayMs(100, 20)).toBe(20);
  expect(realDelayMs(100, 2_000)).toBe(2_000);
  expect(realDelayMs(100_000, 1_000)).toBe(1);
  expect(realDelayMs(100, ANSWER_DEADLINES_MS.routeros)).toBe(2_000);
});
