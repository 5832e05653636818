/** What the address of the page says: the whole state of the view, so that a link or a reload keeps it. */
export interface UrlOptions {
  /** Without controls, for a screen on the wall. */
  readonly kiosk: boolean;
  readonly theme: 'dark' | 'light';
  readonly units: 'bits' | 'bytes';
  /** IANA zone; undefined is the zone of the machine. */
  readonly tz: string | undefined;
  /** The only site to show; undefined shows all of them. */
  readonly site: string | undefined;
  /** The only router to show, in detail, where its site is shown. */
  readonly router: string | undefined;
  /** The WAN whose top talkers are shown, as `router/wan`. */
  readonly wan: string | undefined;
  /** Seconds for which each view stays before the next one comes; undefined stays. Means nothing beside `site`. */
  readonly rotateSeconds: number | undefined;
  /** Whether a new problem is heard. */
  readonly sound: boolean;
}

/** What can be changed in an address; undefined takes a key out. */
export type UrlChange = Partial<
  Record<'kiosk' | 'theme' | 'site' | 'router' | 'wan' | 'sound', string | undefined>
>;

const LEAST_ROTATE_SECONDS = 3;
const MOST_ROTATE_SECONDS = 3_600;

/** Reads the query of an address. What is not understood is as if it were not there. */
export function parseUrlOptions(search: string): UrlOptions {
  const query = new URLSearchParams(search);
  const tz = query.get('tz');
  const rotate = Number.parseFloat(query.get('rotate') ?? '');
  const isOn = (key: string): boolean => ['1', 'true', ''].includes(query.get(key) ?? 'no');
  return {
    kiosk: isOn('kiosk'),
    theme: query.get('theme') === 'light' ? 'light' : 'dark',
    units: query.get('units') === 'bytes' ? 'bytes' : 'bits',
    tz: tz !== null && isTimeZone(tz) ? tz : undefined,
    site: query.get('site') || undefined,
    router: query.get('router') || undefined,
    wan: query.get('wan') || undefined,
    rotateSeconds:
      rotate > 0 ? Math.min(MOST_ROTATE_SECONDS, Math.max(LEAST_ROTATE_SECONDS, rotate)) : undefined,
    sound: isOn('sound'),
  };
}

/** The query that leads to a view, with keys that this page does not know left as they are. */
export function withUrlOptions(search: string, change: UrlChange): string {
  const query = new URLSearchParams(search);
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) query.delete(key);
    else query.set(key, value);
  }
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
