const UNITS_MS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `7 d`, `36 h`, `1500 ms`: the largest unit of which it is a whole number. Kafka's -1 is for ever. */
export function describeDuration(ms: number): string {
  if (ms < 0) return 'ever';
  const [unit, size] = UNITS_MS.find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}

/** `4 GiB`, `1.5 MiB`, `100 B`. Kafka's -1 is without a bound. */
export function describeSize(bytes: number): string {
  if (bytes < 0) return 'everything';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let at = 0;
  for (; value >= 1_024 && at < units.length - 1; at += 1) value /= 1_024;
  return `${Number(value.toFixed(1))} ${units[at] ?? ''}`;
}
