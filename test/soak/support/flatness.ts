/** A measured quantity: pairs of hours at the site and a value. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly (readonly [hours: number, value: number])[];
  /** Growth up to this much in the time that is judged means nothing, in the unit. */
  readonly slack: number;
}

export interface Verdict {
  readonly name: string;
  readonly unit: string;
  /** Medians of the first and the last third of the hours that are judged. */
  readonly first: number;
  readonly last: number;
  /** Theil-Sen slope of the hours, in the unit per hour. */
  readonly perHour: number;
  /** What it may grow by in the time that is judged. */
  readonly allowed: number;
  readonly highest: number;
  readonly isFlat: boolean;
}

/** Growth that is allowed in the time that is judged, as a share. */
const TOLERANCE = 0.02;
/** Fewer hours than this show nothing. */
const LEAST_HOURS = 6;

/**
 * Whether a series does not grow from an hour on, by the medians of its hours: neither from the first third of them to the
 * last, nor along their slope. Less is not growth: it may shrink. An hour without a value proves nothing.
 */
export function judge({ name, unit, points, slack }: Series, fromHour: number): Verdict {
  const hours = [...mediansOfHours(points)].filter(([hour]) => hour >= fromHour);
  const values = hours.map(([, value]) => value);
  const third = Math.floor(values.length / 3);
  const [first, last] = [median(values.slice(0, third)), median(values.slice(values.length - third))];
  const perHour = theilSen(hours);
  const allowed = Math.max(slack, TOLERANCE * first);
  const span = (hours.at(-1)?.[0] ?? 0) - fromHour;
  return {
    name,
    unit,
    first,
    last,
    perHour,
    allowed,
    highest: Math.max(...points.map(([, value]) => value)),
    isFlat:
      hours.length >= LEAST_HOURS &&
      hours.length === span + 1 &&
      last - first <= allowed &&
      perHour * span <= allowed,
  };
}

/** The median of each hour of which there are values, by its number. */
export function mediansOfHours(points: Series['points']): Map<number, number> {
  const values = new Map<number, number[]>();
  for (const [hours, value] of points) {
    const hour = Math.floor(hours);
    const ofHour = values.get(hour);
    if (ofHour) ofHour.push(value);
    else values.set(hour, [value]);
  }
  return new Map([...values].sort(([a], [b]) => a - b).map(([hour, all]) => [hour, median(all)]));
}

/** Median of the slopes between all pairs of points, which a few outliers do not move. */
export function theilSen(points: Series['points']): number {
  const slopes: number[] = [];
  for (const [i, [x1, y1]] of points.entries()) {
    for (const [x2, y2] of points.slice(i + 1)) if (x2 > x1) slopes.push((y2 - y1) / (x2 - x1));
  }
  return median(slopes);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
