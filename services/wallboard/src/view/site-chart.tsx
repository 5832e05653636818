import type { Board } from '../board.ts';
import { formatCapacity, formatRate } from '../format.ts';
import { scaleAbove, stackWans } from '../site-series.ts';
import type { SiteView } from '../site-view.ts';
import type { UrlOptions } from '../url-options.ts';
import type { MirrorChartStyle } from './mirror-chart.ts';
import { GAP_INTERVALS, useMirrorChart, WINDOW_SECONDS } from './use-mirror-chart.ts';

/** Colours for layers; more WANs than these begin again, told apart by the order of the names. */
const LAYER_COLOURS = 8;

/** The traffic of a whole site, a layer for each WAN: in above, out below. Wants a key that changes with the WANs. */
export function SiteChart({
  site,
  board,
  nowMs,
  options,
}: {
  readonly site: SiteView;
  readonly board: Board;
  readonly nowMs: number;
  readonly options: UrlOptions;
}) {
  const colourOf = (index: number): string => `layer-${(index % LAYER_COLOURS) + 1}`;
  const style: MirrorChartStyle = {
    lines: site.wans.flatMap((_, index) => {
      const line = { stroke: 'surface', fill: colourOf(index) };
      return [line, line];
    }),
    range: (least, most) => [-scaleAbove(-least), scaleAbove(most)],
    // A short half has no room for a mark of its own.
    marks: (low, high) => [
      ...(-low > 0.2 * (high - low) ? [low] : []),
      0,
      ...(high > 0.2 * (high - low) ? [high] : []),
    ],
    labelEms: 5.6,
    lineWidth: 1,
    label: (bps) => (bps === 0 ? '0' : formatCapacity(Math.round(bps), options.units)),
  };
  const fromMs = nowMs - WINDOW_SECONDS * 1_000;
  const stepMs = Math.max(1_000, ...site.routers.map(({ intervalMs }) => intervalMs));
  const host = useMirrorChart(
    style,
    options.theme,
    () => ({
      series: stackWans(
        site.wans.map(({ wan }) => ({ ...wan, ring: board.wans.get(wan.key)?.ring })),
        { fromMs, toMs: nowMs, stepMs, gapMs: GAP_INTERVALS * stepMs },
      ),
      fromS: fromMs / 1_000,
      toS: nowMs / 1_000,
    }),
    nowMs,
  );
  const total = totalOf(site, board);
  return (
    <section class="site-chart" aria-labelledby="site-chart-title">
      <h2 id="site-chart-title">
        {site.site}, all WANs
        <span>
          {total.missing === site.wans.length
            ? 'No data'
            : `In ${formatTotal(total.rxBps, options.units)}, out ${formatTotal(total.txBps, options.units)}`}
          {total.missing > 0 && total.missing < site.wans.length && (
            <small>
              {' '}
              without {total.missing} of {site.wans.length}
            </small>
          )}
        </span>
      </h2>
      <div
        class="spark-plot"
        ref={host}
        role="img"
        aria-label={`Traffic of ${site.site}: in above, out below, of the last two minutes`}
      />
      <ul>
        {site.wans.map(({ wan, router, state }, index) => (
          <li key={wan.key}>
            <i class={colourOf(index)} />
            {site.routers.length > 1 ? `${router.router} ${wan.name}` : wan.name}
            {state.condition === 'no-data' && ' (no data)'}
          </li>
        ))}
      </ul>
    </section>
  );
}

const formatTotal = (bps: number, units: UrlOptions['units']): string => {
  const { value, unit } = formatRate(bps, bps, units);
  return `${value} ${unit}`;
};

/** What the WANs with data carry now, in bits per second, and how many have none. */
function totalOf(site: SiteView, board: Board) {
  const total = { rxBps: 0, txBps: 0, missing: 0 };
  for (const { wan, state } of site.wans) {
    const row = state.condition === 'no-data' ? undefined : board.wans.get(wan.key)?.row;
    total.rxBps += row?.[1] ?? 0;
    total.txBps += row?.[2] ?? 0;
    if (!row) total.missing += 1;
  }
  return total;
}
