import type { Series } from './flatness.ts';

const WIDTH = 960;
const ROW = 76;
const LEFT = 220;
const TOP = 40;
const RIGHT = 70;
const COLOUR = '#1b6ca8';

/** Each series in a row of its own, from 0 to its highest value, over the hours; what is judged lies behind the mark. */
export function drawLines(
  series: readonly Series[],
  {
    hours,
    judgedFromHour,
    routers,
  }: { readonly hours: number; readonly judgedFromHour: number; readonly routers: number },
): string {
  const height = TOP + series.length * ROW + 24;
  const x = (hour: number): number => LEFT + (hour / hours) * (WIDTH - LEFT - RIGHT);
  const parts = series.map(({ name, unit, points }, row) => {
    const bottom = TOP + (row + 1) * ROW - 14;
    const highest = Math.max(1, ...points.map(([, value]) => value));
    const y = (value: number): number => bottom - (value / highest) * (ROW - 26);
    const line = points.map(([hour, value]) => `${x(hour).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}" stroke="#d0d4da"/>`,
      `<text x="${LEFT - 10}" y="${bottom - 16}" text-anchor="end">${`${name} ${unit}`.trim()}</text>`,
      `<text x="${WIDTH - RIGHT + 6}" y="${y(highest) + 4}">${highest.toFixed(0)}</text>`,
      `<polyline points="${line}" fill="none" stroke="${COLOUR}" stroke-width="1.5"/>`,
    ].join('\n');
  });
  const marks = Array.from({ length: Math.floor(hours / 3) + 1 }, (_, i) => i * 3).map(
    (hour) => `<text x="${x(hour).toFixed(1)}" y="${height - 8}" text-anchor="middle">${hour} h</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#22262b"><rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="12" y="20" font-size="14">${routers} routers, ${hours} simulated hours; nothing may grow behind the mark</text>
<line x1="${x(judgedFromHour).toFixed(1)}" x2="${x(judgedFromHour).toFixed(1)}" y1="${TOP - 8}" y2="${height - 24}" stroke="#e07a1f" stroke-dasharray="4 3"/>
${[...parts, ...marks].join('\n')}
</svg>
`;
}
