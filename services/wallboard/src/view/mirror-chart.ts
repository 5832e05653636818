import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { MirrorSeries } from '../sample-ring.ts';

/** What is drawn: the samples, the window of time in seconds, and the limit as percent. */
export interface MirrorChartData {
  readonly series: MirrorSeries;
  readonly fromS: number;
  readonly toS: number;
  readonly limit: number | undefined;
}

export interface MirrorChart {
  update(data: MirrorChartData): void;
  /** Takes colours and size from the page again. */
  restyle(): void;
  destroy(): void;
}

/** A chart with in above and out below the zero line, in percent of capacity. The one place that knows uPlot. */
export function createMirrorChart(host: HTMLElement): MirrorChart {
  let latest: MirrorChartData = { series: [[], [], []], fromS: 0, toS: 1, limit: undefined };
  let chart = build();

  function build(): uPlot {
    const style = getComputedStyle(host);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const fontPx = Number.parseFloat(style.fontSize) || 14;
    const line = (name: string): uPlot.Series => ({
      stroke: colour(`--${name}`),
      fill: colour(`--${name}-soft`),
      width: 2,
      points: { show: false },
    });
    return new uPlot(
      {
        width: Math.max(1, host.clientWidth),
        height: Math.max(1, host.clientHeight),
        padding: [4, 0, 4, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { range: () => [latest.fromS, latest.toS] },
          y: { range: (_plot, min, max) => mirrored(min, max) },
        },
        axes: [
          { show: false },
          {
            size: fontPx * 3.6,
            gap: 6,
            font: `${fontPx}px ${style.fontFamily}`,
            stroke: colour('--muted'),
            grid: { stroke: colour('--line'), width: 1 },
            ticks: { show: false },
            splits: (_plot, _axis, min) => [min, 0, -min].map((value) => Math.trunc(value / 50) * 50),
            values: (_plot, splits) => splits.map((value) => `${Math.abs(value)} %`),
          },
        ],
        series: [{}, line('in'), line('out')],
        hooks: { draw: [(plot) => drawLimits(plot, latest.limit, colour('--limit'))] },
      },
      latest.series,
      host,
    );
  }

  const resize = new ResizeObserver(() => {
    chart.setSize({ width: Math.max(1, host.clientWidth), height: Math.max(1, host.clientHeight) });
  });
  resize.observe(host);

  return {
    update(data) {
      latest = data;
      chart.setData(data.series);
    },
    restyle() {
      chart.destroy();
      chart = build();
    },
    destroy() {
      resize.disconnect();
      chart.destroy();
    },
  };
}

/** The same room above and below, 100 % at least. */
function mirrored(min: number | null, max: number | null): [number, number] {
  const most = Math.max(100, Math.abs(min ?? 0), Math.abs(max ?? 0));
  return [-most * 1.04, most * 1.04];
}

function drawLimits(plot: uPlot, limit: number | undefined, colour: string): void {
  if (limit === undefined) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  for (const value of [limit, -limit]) {
    const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}
