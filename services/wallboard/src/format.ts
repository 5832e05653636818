import type { UrlOptions } from './url-options.ts';

const SCALES = [
  { factor: 1e9, prefix: 'G' },
  { factor: 1e6, prefix: 'M' },
  { factor: 1e3, prefix: 'k' },
] as const;

export interface Rate {
  readonly value: string;
  readonly unit: string;
}

/**
 * A rate with its unit. The unit follows from the capacity of the line and not from the rate, so that it stands still
 * while the number moves.
 */
export function formatRate(bps: number, capacityBps: number, units: UrlOptions['units']): Rate {
  const divisor = units === 'bytes' ? 8 : 1;
  const capacity = capacityBps / divisor;
  const scale = SCALES.find(({ factor }) => capacity >= factor) ?? { factor: 1, prefix: '' };
  const value = bps / divisor / scale.factor;
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return {
    value: value.toFixed(decimals),
    unit: `${scale.prefix}${units === 'bytes' ? 'B/s' : 'bit/s'}`,
  };
}

/** A capacity as one text, without decimals that say nothing: `50 Mbit/s`. */
export function formatCapacity(bps: number, units: UrlOptions['units']): string {
  const { value, unit } = formatRate(bps, bps, units);
  return `${String(Number(value))} ${unit}`;
}

/** A share of capacity in whole percent. */
export const formatShare = (share: number): string => String(Math.round(share * 100));

/** A length of time in its two largest units: `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return join(hours, 'h', minutes % 60, 'min');
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const join = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** Times as people of a zone read them. */
export interface TimeFormat {
  /** `14:02:09` */
  time(ms: number): string;
  /** `14:02:09`, or `20 Nov, 14:02:09` when it is not the day of `nowMs`. */
  moment(ms: number, nowMs: number): string;
  /** `UTC`, `GMT+1` */
  zone(ms: number): string;
}

export function createTimeFormat(tz: string | undefined): TimeFormat {
  const zone = tz === undefined ? {} : { timeZone: tz };
  const time = new Intl.DateTimeFormat('en-GB', { ...zone, timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat('en-GB', { ...zone, day: 'numeric', month: 'short' });
  const named = new Intl.DateTimeFormat('en-GB', { ...zone, timeZoneName: 'short' });
  return {
    time: (ms) => time.format(ms),
    moment: (ms, nowMs) =>
      day.format(ms) === day.format(nowMs) ? time.format(ms) : `${day.format(ms)}, ${time.format(ms)}`,
    zone: (ms) => named.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '',
  };
}
