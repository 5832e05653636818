const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?(?= |$)/i;
const bsd =
  /^ *(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?(?= |:|$)/i;

/** A time at the beginning of a text. */
export interface LeadingTime {
  readonly length: number;
  /** Unix milliseconds; undefined when the year or the zone is not said. */
  readonly timeMs: number | undefined;
}

/** Reads an RFC 3339 time, or one of RFC 3164 section 4.1.2 (a year, which some senders add, is let pass). */
export function readLeadingTime(text: string): LeadingTime | undefined {
  const match = iso.exec(text);
  if (match) return { length: match[0].length, timeMs: isoTimeMs(match) };
  const old = bsd.exec(text);
  return old ? { length: old[0].length, timeMs: undefined } : undefined;
}

function isoTimeMs(match: RegExpExecArray): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const zone = match[8];
  if (zone === undefined) return undefined;
  const ms = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000);
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  if (zone.toUpperCase() === 'Z') return utc;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return utc - (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
