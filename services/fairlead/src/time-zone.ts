import type { TimeDefaults } from '@fairlead/syslog';

type OffsetMinutesOf = TimeDefaults['offsetMinutesOf'];
type WallClock = Parameters<OffsetMinutesOf>[0];

const fixedOffset = /^([+-])(\d\d):?(\d\d)$/;

/** The zone of this machine (`TZ`). */
export const localZone: OffsetMinutesOf = ({ year, month, day, hour, minute, second }) =>
  -new Date(year, month - 1, day, hour, minute, second).getTimezoneOffset();

/** A zone by offset (`+03:00`, `Z`) or by name (`Europe/Istanbul`); undefined when there is no such zone. */
export function parseTimeZone(text: string): OffsetMinutesOf | undefined {
  const fixed = fixedOffset.exec(text);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return () => (fixed[1] === '-' ? -minutes : minutes);
  }
  try {
    return namedZone(text.toUpperCase() === 'Z' ? 'UTC' : text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError when the zone does not exist */
function namedZone(timeZone: string): OffsetMinutesOf {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offsetAt = (unixMs: number): number => {
    const name = format.formatToParts(unixMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    return (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
  };
  return (wallClock) => {
    const asUtcMs = wallClockMs(wallClock);
    // The offset at the same wall clock in UTC is wrong for some hours around a change; that of its result is right.
    return offsetAt(asUtcMs - offsetAt(asUtcMs) * 60_000);
  };
}

function wallClockMs({ year, month, day, hour, minute, second }: WallClock): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
