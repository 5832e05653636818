/** A time as the sender wrote it. A year or a zone that it did not write is absent, never guessed. */
export interface SyslogTime {
  readonly year?: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits behind the decimal point of the second; may be empty. */
  readonly fraction: string;
  /** East of Greenwich. */
  readonly offsetMinutes?: number;
}

/** A time at the beginning of a text. */
export interface LeadingTime {
  readonly length: number;
  /** Absent when the text has the form of a time and is none, such as the 31st of February 2024. */
  readonly time?: SyslogTime;
}

/** What a receiver adds to a time that is not complete. */
export interface TimeDefaults {
  /** The year of a time without one. */
  readonly yearOf: (time: SyslogTime) => number;
  /** The zone of a time without one: minutes east of Greenwich at that wall-clock time. */
  readonly offsetMinutesOf: (time: SyslogTime & { readonly year: number }) => number;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthNames = months.join('|');

const iso =
  /^[ \t]*(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(?:(Z)|([+-])(\d\d):?(\d\d))?(?= |$)/i;
const bsd = new RegExp(
  String.raw`^[ \t]*(?:(\d{4}) )?(${monthNames}) +(\d{1,2}) (?:(\d{4}) )?(\d{1,2}):(\d\d):(\d\d)(?:\.(\d{0,9})\d*)?( (?:UTC|GMT)(?= |:)| [A-Z]{2,5}(?=:))?(?: ((?:19|20)\d\d)(?= ))?(?= |:|$)`,
  'i',
);
/** RouterOS 6 in `/log print`: `jul/19 14:27:01`, `jul/19/2024 14:27:01`. */
const slashed = new RegExp(
  String.raw`^ *()(${monthNames})/(\d\d)(?:/(\d{4}))? (\d\d):(\d\d):(\d\d)(?= |$)`,
  'i',
);

const monthDay = /^ *(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?= |$)/;

const DAY_MS = 86_400_000;

/**
 * Reads an RFC 3339 time (the zone may be missing, as in RouterOS's iso8601), one of RFC 3164 section 4.1.2 (with the
 * year, before, within or behind, and the name of the zone that some senders add), or one of RouterOS's `/log print`.
 */
export function readLeadingTime(text: string): LeadingTime | undefined {
  let at = 0;
  while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at += 1;
  const first = text.charCodeAt(at);
  if (first >= DIGIT_0 && first <= DIGIT_9) return readIsoTime(text) ?? readNamedMonth(text, bsd);
  const behindMonth = text.charCodeAt(at + 3);
  if (behindMonth === SPACE) return readNamedMonth(text, bsd);
  return behindMonth === SLASH ? readNamedMonth(text, slashed) : undefined;
}

const TAB = 0x09;
const SPACE = 0x20;
const SLASH = 0x2f;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

function readIsoTime(text: string): LeadingTime | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const [whole, year, month, day, hour, minute, second, fraction = '', utc, sign, zoneHours, zoneMinutes] =
    match;
  const zone = utc === undefined ? Number(zoneHours) * 60 + Number(zoneMinutes) : 0;
  return leadingTime(whole.length, {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
    ...(utc === undefined && sign === undefined ? {} : { offsetMinutes: sign === '-' ? -zone : zone }),
  });
}

function readNamedMonth(text: string, form: RegExp): LeadingTime | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [whole, before, month = '', day, within, hour, minute, second, fraction = '', zone, behind] = match;
  const year = behind ?? within ?? before;
  const time = {
    month: months.indexOf(month.toLowerCase()) + 1,
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
  };
  const dated = year === undefined || year === '' ? time : { ...time, year: Number(year) };
  // The names of other zones do not say what they mean: CST is three of them.
  const isUtc = zone === ' UTC' || zone === ' GMT';
  return leadingTime(whole.length, isUtc ? { ...dated, offsetMinutes: 0 } : dated);
}

/** RouterOS 7 in `/log print`, for a day of this year: `01-15 10:22:04`. */
export function readMonthDayTime(text: string): LeadingTime | undefined {
  const match = monthDay.exec(text);
  if (!match) return undefined;
  const [whole, month, day, hour, minute, second] = match;
  return leadingTime(whole.length, {
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction: '',
  });
}

/** A leap year stands in for a year that is not known; 60 is a leap second. */
function leadingTime(length: number, time: SyslogTime): LeadingTime {
  const { year = 2000, month, day, hour, minute, second, offsetMinutes = 0 } = time;
  const isOnClock = hour <= 23 && minute <= 59 && second <= 60 && Math.abs(offsetMinutes) <= 24 * 60;
  return isOnClock && isOnCalendar(year, month, day) ? { length, time } : { length };
}

function isOnCalendar(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (day <= 28 || day <= daysOfMonth(year, month));
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Unix milliseconds; undefined when the year or the zone is not said. */
export function toUnixMs(time: SyslogTime): number | undefined {
  if (time.year === undefined || time.offsetMinutes === undefined) return undefined;
  return wallClockMs(time, time.year) - time.offsetMinutes * 60_000;
}

/**
 * ISO 8601 with a zone: the sender's wall clock and all its digits, completed by `defaults` where it must be.
 * Undefined for a 29th of February in a year that has none.
 */
export function toIsoTime(time: SyslogTime, defaults: TimeDefaults): string | undefined {
  const year = time.year ?? defaults.yearOf(time);
  if (!isOnCalendar(year, time.month, time.day)) return undefined;
  const offset = time.offsetMinutes ?? defaults.offsetMinutesOf({ ...time, year });
  const date = `${String(year).padStart(4, '0')}-${two(time.month)}-${two(time.day)}`;
  const fraction = time.fraction === '' ? '' : `.${time.fraction}`;
  return `${date}T${two(time.hour)}:${two(time.minute)}:${two(time.second)}${fraction}${isoOffset(offset)}`;
}

/**
 * The year of a time without one that was received at `receivedMs`: the year of receipt, but the one before for what
 * would lie more than half a year ahead (December, received in January), and the one after for what would lie a whole
 * year back (a clock that is ahead, at New Year).
 */
export function yearOfReceipt(time: SyslogTime, receivedMs: number): number {
  const year = new Date(receivedMs).getUTCFullYear();
  const aheadMs = wallClockMs(time, year) - receivedMs;
  if (aheadMs > 183 * DAY_MS) return year - 1;
  return aheadMs < -363 * DAY_MS ? year + 1 : year;
}

/** The wall clock as if it were in UTC. */
function wallClockMs({ month, day, hour, minute, second, fraction }: SyslogTime, year: number): number {
  const ms = fraction === '' ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

function isoOffset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
