import type { WanSamples } from '../board.ts';
import type { MirrorChartStyle } from './mirror-chart.ts';
import { GAP_INTERVALS, useMirrorChart, WINDOW_SECONDS } from './use-mirror-chart.ts';

const shareOfCapacity: MirrorChartStyle = {
  lines: [
    { stroke: 'in', fill: 'in-soft' },
    { stroke: 'out', fill: 'out-soft' },
  ],
  range: (least, most) => {
    const top = Math.max(100, most, -least);
    return [-top, top];
  },
  marks: (_low, high) => [-1, 0, 1].map((sign) => sign * Math.trunc((high + 0.5) / 50) * 50),
  labelEms: 3.6,
  lineWidth: 2,
  label: (percent) => `${percent} %`,
};

/** The last minutes of one WAN in percent of its capacity. */
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
  const fromMs = nowMs - WINDOW_SECONDS * 1_000;
  const host = useMirrorChart(
    shareOfCapacity,
    theme,
    () => ({
      series: samples?.ring.series(fromMs - intervalMs, GAP_INTERVALS * intervalMs) ?? [[], [], []],
      fromS: fromMs / 1_000,
      toS: nowMs / 1_000,
      limit: limit === undefined ? undefined : limit * 100,
    }),
    nowMs,
  );
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
