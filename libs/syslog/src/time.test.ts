import { describe, expect, it } from 'vitest';
import { toIsoTime, yearOfReceipt } from './index.ts';
import { readLeadingTime, type SyslogTime } from './time.ts';

function timeOf(text: string): SyslogTime {
  const time = readLeadingTime(text)?.time;
  if (!time) throw new Error(`no time: ${text}`);
  return time;
}

describe('a time in ISO 8601', () => {
  const istanbul = { yearOf: () => 2026, offsetMinutesOf: () => 180 };
  it.each([
    ['2003-08-24T05:14:15.000003-07:00', '2003-08-24T05:14:15.000003-07:00'],
    ['2024-10-02T17:36:35+0000', '2024-10-02T17:36:35Z'],
    ['2024-10-02T17:36:35', '2024-10-02T17:36:35+03:00'],
    ['Oct  2 17:36:35', '2026-10-02T17:36:35+03:00'],
    ['Oct 2 2024 17:36:35', '2024-10-02T17:36:35+03:00'],
    ['jul/19 14:27:01', '2026-07-19T14:27:01+03:00'],
  ])('keeps the digits of %s, and is completed where it must be', (text, iso) => {
    expect(toIsoTime(timeOf(text), istanbul)).toBe(iso);
  });

  it('is none on a day that the year does not have', () => {
    expect(toIsoTime(timeOf('Feb 29 10:00:00'), istanbul)).toBeUndefined();
    expect(toIsoTime(timeOf('Feb 29 10:00:00'), { ...istanbul, yearOf: () => 2028 })).toBe(
      '2028-02-29T10:00:00+03:00',
    );
  });
});

it.each([
  ['Dec  2 16:31:03', '2026-11-20T00:00:00Z', 2026],
  ['Jan  6 16:31:03', '2026-11-20T00:00:00Z', 2026],
  ['Dec 31 23:59:59', '2027-01-01T00:00:05Z', 2026],
  ['Jan  1 02:00:00', '2026-12-31T23:00:00Z', 2027],
])('%s, received at %s, is of %i', (text, receivedAt, year) => {
  expect(yearOfReceipt(timeOf(text), Date.parse(receivedAt))).toBe(year);
});
