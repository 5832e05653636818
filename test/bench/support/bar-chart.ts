/** Groups of bars as SVG, for documentation. */
export interface BarChart {
  readonly title: string;
  readonly groups: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const WIDTH = 960;
const HEIGHT = 340;
const LEFT = 48;
const TOP = 56;
const BOTTOM = 44;
const COLOURS = ['#1b6ca8', '#e07a1f', '#3a8f4d', '#8a8f98', '#b23a48', '#7a5aa6', '#c9a227', '#3f4652'];

/** A chart of the values between `from` and `to`, with a line at each step. */
export function drawBars({ title, groups, series, from, to, step }: BarChart): string {
  const plot = HEIGHT - TOP - BOTTOM;
  const y = (value: number): number => TOP + plot * (1 - (Math.max(from, value) - from) / (to - from));
  const groupWidth = (WIDTH - LEFT - 8) / groups.length;
  const barWidth = (groupWidth * 0.8) / series.length;
  const nameWidth = (WIDTH - LEFT - 8) / series.length;
  const parts: string[] = [];
  for (let value = from; value <= to + step / 2; value += step) {
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#d0d4da"/>`,
      `<text x="${LEFT - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toFixed(2)}</text>`,
    );
  }
  for (const [i, { name, values }] of series.entries()) {
    const colour = COLOURS[i % COLOURS.length] ?? '';
    const x = LEFT + i * nameWidth;
    parts.push(
      `<rect x="${x.toFixed(1)}" y="30" width="11" height="11" fill="${colour}"/><text x="${(x + 16).toFixed(1)}" y="40">${name}</text>`,
    );
    for (const [group, value] of values.entries()) {
      const left = LEFT + group * groupWidth + groupWidth * 0.1 + i * barWidth;
      const height = HEIGHT - BOTTOM - y(value);
      parts.push(
        `<rect x="${left.toFixed(1)}" y="${y(value).toFixed(1)}" width="${(barWidth - 1).toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"><title>${name}, ${groups[group] ?? ''}: ${value.toFixed(3)}</title></rect>`,
      );
    }
  }
  for (const [i, group] of groups.entries()) {
    const x = LEFT + (i + 0.5) * groupWidth;
    parts.push(`<text x="${x.toFixed(1)}" y="${HEIGHT - 24}" text-anchor="middle">${group}</text>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#22262b"><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="18" font-size="14">${title}</text>
${parts.join('\n')}
</svg>
`;
}
