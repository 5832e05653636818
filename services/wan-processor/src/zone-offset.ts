const QUARTER_MS = 900_000;

/** Minutes east of UTC in a zone at a time. Zones change at whole quarters of an hour, so one answer serves for one. */
export function createZoneOffsets(): (timeZone: string, timeMs: number) => number {
  const formats = new Map<string, Intl.DateTimeFormat>();
  const known = new Map<string, { readonly quarter: number; readonly minutes: number }>();
  return (timeZone, timeMs) => {
    if (timeZone === 'UTC') return 0;
    const quarter = Math.floor(timeMs / QUARTER_MS);
    const before = known.get(timeZone);
    if (before?.quarter === quarter) return before.minutes;
    let format = formats.get(timeZone);
    if (!format) {
      format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
      formats.set(timeZone, format);
    }
    const name = format.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const minutes = parseOffset(name);
    known.set(timeZone, { quarter, minutes });
    return minutes;
  };
}

/** `GMT`, `GMT+03:00`, `GMT-04:30`. */
function parseOffset(name: string): number {
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}
