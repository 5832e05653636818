/** Series for a chart: times in seconds, shares in percent, null where nothing was measured. */
export type MirrorSeries = [number[], (number | null)[], (number | null)[]];

/** The last samples of one WAN in memory of a fixed size. */
export interface SampleRing {
  /** Samples come in order of time; one that is not newer is left out. */
  push(timeMs: number, rxUtil: number, txUtil: number): void;
  /** In as positive, out as negative percent since `fromMs`; a pause longer than `gapMs` is a gap. */
  series(fromMs: number, gapMs: number): MirrorSeries;
}

export function createSampleRing(capacity: number): SampleRing {
  const times = new Float64Array(capacity);
  const rx = new Float64Array(capacity);
  const tx = new Float64Array(capacity);
  let count = 0;
  const at = (values: Float64Array, index: number): number => values[index % capacity] ?? 0;
  return {
    push(timeMs, rxUtil, txUtil) {
      if (count > 0 && timeMs <= at(times, count - 1)) return;
      const slot = count % capacity;
      times[slot] = timeMs;
      rx[slot] = rxUtil;
      tx[slot] = txUtil;
      count += 1;
    },
    series(fromMs, gapMs) {
      const series: MirrorSeries = [[], [], []];
      let before: number | undefined;
      for (let i = Math.max(0, count - capacity); i < count; i += 1) {
        const timeMs = at(times, i);
        if (timeMs < fromMs) continue;
        if (before !== undefined && timeMs - before > gapMs) add(series, before + 1, null, null);
        add(series, timeMs, at(rx, i) * 100, -at(tx, i) * 100);
        before = timeMs;
      }
      return series;
    },
  };
}

function add(series: MirrorSeries, timeMs: number, up: number | null, down: number | null): void {
  series[0].push(timeMs / 1_000);
  series[1].push(up);
  series[2].push(down);
}
