/** A measured quantity: pairs of hours at the site and a value. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly (readonly [hours: number, value: number])[];
  /** Growth up to this much means nothing, in the unit. */
  readonly slack: number;
}

export interface Verdict {
  readonly name: string;
  readonly unit: string;
  /** Medians of the second and the last quarter of the time that is judged. */
  readonly second: number;
  readonly last: number;
  /** Theil-Sen slope in that time, in the unit per day. */
  readonly perDay: number;
  readonly highest: number;
  readonly isFlat: boolean;
}

/** Growth that is allowed, as a share, from the second quarter to the last and along the slope of the whole time. */
const TOLERANCE = 0.05;
/** Fewer points than this in a quarter show nothing. */
const LEAST_POINTS = 5;

/** Whether a series does not grow from an hour on. Less is not growth: it may shrink. */
export function judge({ name, unit, points, slack }: Series, fromHour: number): Verdict {
  const judged = points.filter(([hours]) => hours >= fromHour);
  const toHour = judged.at(-1)?.[0] ?? fromHour;
  const span = toHour - fromHour;
  const quarter = (number: number): number[] =>
    judged
      .filter(([hours]) => Math.min(3, Math.floor(((hours - fromHour) / span) * 4)) === number)
      .map(([, value]) => value);
  const [second, last] = [quarter(1), quarter(3)];
  const perHour = theilSen(judged);
  const [before, after] = [median(second), median(last)];
  const allowed = Math.max(slack, TOLERANCE * before);
  return {
    name,
    unit,
    second: before,
    last: after,
    perDay: perHour * 24,
    highest: Math.max(...points.map(([, value]) => value)),
    isFlat:
      second.length >= LEAST_POINTS &&
      last.length >= LEAST_POINTS &&
      after - before <= allowed &&
      perHour * span <= allowed,
  };
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
