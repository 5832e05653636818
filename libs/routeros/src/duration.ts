const UNIT_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
};

/**
 * Milliseconds of a RouterOS time value as the API prints it: `1w2d3h4m5s`, `30s`, `100ms`, `14ms322us`, `1d04:05:06`.
 * @returns undefined when the text is something else
 */
export function parseDuration(text: string): number | undefined {
  const units = text.replace(/(\d+):(\d\d):(\d\d)$/, '$1h$2m$3s');
  if (!/^(?:\d+(?:[mu]s|[wdhms]))+$/.test(units)) return undefined;
  return [...units.matchAll(/(\d+)([a-z]+)/g)].reduce(
    (total, [, count, unit = '']) => total + Number(count) * (UNIT_MS[unit] ?? 0),
    0,
  );
}
