/** What the address of the page says: the whole state of the view, so that a link or a reload keeps it. */
export interface UrlOptions {
  /** Without controls, for a screen on the wall. */
  readonly kiosk: boolean;
  readonly theme: 'dark' | 'light';
  readonly units: 'bits' | 'bytes';
  /** IANA zone; undefined is the zone of the machine. */
  readonly tz: string | undefined;
}

/** Reads the query of an address. What is not understood is as if it were not there. */
export function parseUrlOptions(search: string): UrlOptions {
  const query = new URLSearchParams(search);
  const tz = query.get('tz');
  return {
    kiosk: ['1', 'true', ''].includes(query.get('kiosk') ?? 'no'),
    theme: query.get('theme') === 'light' ? 'light' : 'dark',
    units: query.get('units') === 'bytes' ? 'bytes' : 'bits',
    tz: tz !== null && isTimeZone(tz) ? tz : undefined,
  };
}

/** The query that leads to a view, with keys that this page does not know left as they are. */
export function withUrlOptions(search: string, change: Partial<Record<'kiosk' | 'theme', string>>): string {
  const query = new URLSearchParams(search);
  for (const [key, value] of Object.entries(change)) query.set(key, value);
  return `?${query.toString()}`;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
