import { useEffect, useRef } from 'preact/hooks';
import type { WanSamples } from '../board.ts';
import { createMirrorChart, type MirrorChart } from './mirror-chart.ts';

/** Length of the window of the chart. */
export const WINDOW_SECONDS = 120;
/** How many intervals without a sample make a gap in the line. */
const GAP_INTERVALS = 2.5;

export function Sparkline({
  samples,
  nowMs,
  intervalMs,
  limit,
  theme,
  label,
}: {
  readonly samples: WanSamples | undefined;
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Share of capacity. */
  readonly limit: number | undefined;
  readonly theme: string;
  readonly label: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<MirrorChart>(undefined);
  useEffect(() => {
    if (host.current) chart.current = createMirrorChart(host.current);
    return () => chart.current?.destroy();
  }, []);
  useEffect(() => chart.current?.restyle(), [theme]);
  useEffect(() => {
    const fromMs = nowMs - WINDOW_SECONDS * 1_000;
    chart.current?.update({
      series: samples?.ring.series(fromMs - intervalMs, GAP_INTERVALS * intervalMs) ?? [[], [], []],
      fromS: fromMs / 1_000,
      toS: nowMs / 1_000,
      limit: limit === undefined ? undefined : limit * 100,
    });
  }, [samples, nowMs]);
  return (
    <figure class="spark">
      <div class="spark-plot" ref={host} role="img" aria-label={label} />
      <figcaption>
        <span>{WINDOW_SECONDS / 60} min ago</span>
        <span>share of capacity</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}
