import { expect, it } from 'vitest';
import { localZone, parseTimeZone } from './time-zone.ts';

const at = (year: number, month: number, day: number, hour: number): Parameters<typeof localZone>[0] => ({
  year,
  month,
  day,
  hour,
  minute: 30,
  second: 0,
  fraction: '',
});

it.each([
  ['+03:00', at(2026, 7, 1, 0), 180],
  ['-0330', at(2026, 7, 1, 0), -210],
  ['Z', at(2026, 7, 1, 0), 0],
  ['Europe/Istanbul', at(2026, 1, 1, 0), 180],
  ['America/St_Johns', at(2026, 1, 1, 0), -210],
  // Summer time began in 2026 on 29 March at 02:00, and ended on 25 October at 03:00.
  ['Europe/Berlin', at(2026, 3, 29, 1), 60],
  ['Europe/Berlin', at(2026, 3, 29, 3), 120],
  ['Europe/Berlin', at(2026, 10, 25, 1), 120],
  ['Europe/Berlin', at(2026, 10, 25, 3), 60],
])('%s at %j is %i minutes east', (zone, wallClock, minutes) => {
  expect(parseTimeZone(zone)?.(wallClock)).toBe(minutes);
});

it('is none that does not exist', () => {
  expect(parseTimeZone('Europe/Atlantis')).toBeUndefined();
});

it('is that of this machine by default', () => {
  const here = parseTimeZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const noon = at(2026, 7, 1, 12);
  expect(Math.abs(localZone(noon) - (here?.(noon) ?? NaN))).toBe(0);
});
