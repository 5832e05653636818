import type { SampleRing } from './sample-ring.ts';

/** A WAN whose traffic is part of a stack; capacities in bits per second. */
export interface StackedWan {
  readonly ring: SampleRing | undefined;
  readonly rxCapacityBps: number;
  readonly txCapacityBps: number;
}

/**
 * Series for a stacked chart: times in seconds, then for each WAN, in order, in (positive) and out (negative) in bits
 * per second on top of the WANs before it. Null where a WAN has no sample, so that its layer has a gap there.
 */
export type StackSeries = [number[], ...(number | null)[][]];

/**
 * Stacks WANs whose samples come at times of their own, on a grid of `stepMs`. A sample counts until the next one, but
 * no longer than `gapMs`.
 */
export function stackWans(
  wans: readonly StackedWan[],
  { fromMs, toMs, stepMs, gapMs }: Record<'fromMs' | 'toMs' | 'stepMs' | 'gapMs', number>,
): StackSeries {
  const firstMs = Math.ceil(fromMs / stepMs) * stepMs;
  const steps = Math.max(0, Math.floor((toMs - firstMs) / stepMs) + 1);
  const times = Array.from({ length: steps }, (_, step) => firstMs + step * stepMs);
  const below = { rx: new Float64Array(steps), tx: new Float64Array(steps) };
  const layers = wans.flatMap(({ ring, rxCapacityBps, txCapacityBps }) => {
    const [samples, rx, tx] = ring?.series(firstMs - gapMs, Infinity) ?? [[], [], []];
    const layer: [(number | null)[], (number | null)[]] = [[], []];
    let next = 0;
    times.forEach((timeMs, step) => {
      while (next < samples.length && (samples[next] ?? 0) * 1_000 <= timeMs) next += 1;
      const sampleMs = (samples[next - 1] ?? -Infinity) * 1_000;
      if (timeMs - sampleMs > gapMs) {
        layer[0].push(null);
        layer[1].push(null);
        return;
      }
      below.rx[step] = (below.rx[step] ?? 0) + ((rx[next - 1] ?? 0) / 100) * rxCapacityBps;
      below.tx[step] = (below.tx[step] ?? 0) + ((tx[next - 1] ?? 0) / 100) * txCapacityBps;
      layer[0].push(below.rx[step] ?? 0);
      layer[1].push(below.tx[step] ?? 0);
    });
    return layer;
  });
  return [times.map((timeMs) => timeMs / 1_000), ...layers];
}

/** The next of 1, 1.5, 2, 3, 4, 6, 8, 10 … not below a value: a scale that stands still while the value moves. */
export function scaleAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 3, 4, 6, 8].find((step) => step * power >= value) ?? 10);
}
