import { describe, expect, it } from 'vitest';
import { createTimeFormat, formatCapacity, formatDuration, formatRate, formatShare } from './format.ts';

describe('rates', () => {
  it.each([
    [41_234_567, 50e6, '41.2', 'Mbit/s'],
    [9_400_000, 20e6, '9.40', 'Mbit/s'],
    [12_000, 50e6, '0.01', 'Mbit/s'],
    [812_300_000, 1e9, '0.81', 'Gbit/s'],
    [640_000, 800e3, '640', 'kbit/s'],
    [120, 500, '120', 'bit/s'],
  ])('%d of %d is %s %s: the unit is that of the line', (bps, capacity, value, unit) => {
    expect(formatRate(bps, capacity, 'bits')).toEqual({ value, unit });
  });

  it('are bytes where the address says so', () => {
    expect(formatRate(40e6, 50e6, 'bytes')).toEqual({ value: '5.00', unit: 'MB/s' });
  });

  it('of capacities have no empty decimals', () => {
    expect(formatCapacity(50e6, 'bits')).toBe('50 Mbit/s');
    expect(formatCapacity(2.5e9, 'bits')).toBe('2.5 Gbit/s');
  });

  it('are whole percent as a share', () => expect(formatShare(0.804)).toBe('80'));
});

describe('times', () => {
  it.each([
    [-5, '0 s'],
    [12_999, '12 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [356_400_000, '4 d 3 h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('are told in the zone of the address', () => {
    const noon = Date.UTC(2026, 10, 20, 12, 2, 9);
    const istanbul = createTimeFormat('Europe/Istanbul');
    expect(istanbul.time(noon)).toBe('15:02:09');
    expect(istanbul.zone(noon)).toBe('GMT+3');
    expect(istanbul.moment(noon, noon + 3_600_000)).toBe('15:02:09');
    expect(istanbul.moment(noon, noon + 10 * 3_600_000)).toBe('20 Nov, 15:02:09');
  });
});
