import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Room beyond the ends of the axis, as a share of its length. */
const MARGIN = 0.02;

/** What is drawn: times and values, the window of time in seconds, and a limit in the unit of the values. */
export interface MirrorChartData {
  readonly series: [number[], ...(number | null)[][]];
  readonly fromS: number;
  readonly toS: number;
  readonly limit?: number | undefined;
}

/** How a chart looks. It is drawn again with the colours of the page whenever `restyle` is called. */
export interface MirrorChartStyle {
  /** Names of custom properties of the page, for each line; the first one is drawn last, above the others. */
  readonly lines: readonly { readonly stroke: string; readonly fill: string }[];
  /** Ends of the axis for the smallest (zero or below) and the largest value. */
  readonly range: (least: number, most: number) => readonly [number, number];
  /** Where the axis is marked, for its ends. */
  readonly marks: (low: number, high: number) => number[];
  /** Width of the labels, in letters. */
  readonly labelEms: number;
  readonly lineWidth: number;
  readonly label: (value: number) => string;
}

export interface MirrorChart {
  update(data: MirrorChartData): void;
  /** Takes colours and size from the page again. */
  restyle(): void;
  destroy(): void;
}

/** A chart with in above and out below the zero line. The one place that knows uPlot. */
export function createMirrorChart(host: HTMLElement, style: MirrorChartStyle): MirrorChart {
  // Later series are drawn above earlier ones.
  const lines = [...style.lines].reverse();
  let latest: MirrorChartData = { series: [[], ...lines.map(() => [])], fromS: 0, toS: 1 };
  let chart = build();

  function build(): uPlot {
    const css = getComputedStyle(host);
    const colour = (name: string): string => css.getPropertyValue(`--${name}`).trim();
    // Whole, because uPlot finds no other size in a font to scale it for screens of two pixels to one.
    const fontPx = Math.round(Number.parseFloat(css.fontSize)) || 14;
    return new uPlot(
      {
        width: Math.max(1, host.clientWidth),
        height: Math.max(1, host.clientHeight),
        // Room for the halves of the outer labels.
        padding: [fontPx / 2, 0, fontPx / 2, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { range: () => [latest.fromS, latest.toS] },
          y: {
            // Both are null without data, which counts as 0 here.
            range: (_plot, min, max) => {
              const [low, high] = style.range(Math.min(0, min), Math.max(0, max));
              return [low - MARGIN * (high - low), high + MARGIN * (high - low)];
            },
          },
        },
        axes: [
          { show: false },
          {
            size: fontPx * style.labelEms,
            gap: 6,
            font: `${fontPx}px ${css.fontFamily}`,
            stroke: colour('muted'),
            grid: { stroke: colour('line'), width: 1 },
            ticks: { show: false },
            splits: (_plot, _axis, min, max) => {
              const margin = ((max - min) * MARGIN) / (1 + 2 * MARGIN);
              return style.marks(min + margin, max - margin);
            },
            values: (_plot, splits) => splits.map((value) => style.label(Math.abs(value))),
          },
        ],
        series: [
          {},
          ...lines.map(({ stroke, fill }) => ({
            stroke: colour(stroke),
            fill: colour(fill),
            width: style.lineWidth,
            points: { show: false },
          })),
        ],
        hooks: { draw: [(plot) => drawLimits(plot, latest.limit, colour('limit'))] },
      },
      drawn(latest.series),
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
      chart.setData(drawn(data.series));
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

const drawn = ([times, ...values]: MirrorChartData['series']): uPlot.AlignedData => [
  times,
  ...values.reverse(),
];

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
