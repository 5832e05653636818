import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import {
  createMirrorChart,
  type MirrorChart,
  type MirrorChartData,
  type MirrorChartStyle,
} from './mirror-chart.ts';

/** Length of the window of every chart. */
export const WINDOW_SECONDS = 120;
/** How many intervals without a sample make a gap in a line. */
export const GAP_INTERVALS = 2.5;
/** A pixel of a chart is a quarter of a second or more: what is drawn oftener is not seen to move. */
const REDRAW_MS = 1_000;

/**
 * A chart in an element of the page, drawn again as time goes on, with the data of that moment. The style is that of the
 * first drawing.
 */
export function useMirrorChart(
  style: MirrorChartStyle,
  theme: string,
  data: () => MirrorChartData,
  nowMs: number,
): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<MirrorChart>(undefined);
  useEffect(() => {
    if (host.current) chart.current = createMirrorChart(host.current, style);
    return () => chart.current?.destroy();
  }, []);
  useEffect(() => chart.current?.restyle(), [theme]);
  useEffect(() => chart.current?.update(data()), [Math.floor(nowMs / REDRAW_MS)]);
  return host;
}
