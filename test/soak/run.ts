/**
 * `npm run soak`: a day of a site in minutes, through the whole pipeline. Exit code 0 only when nothing grows after the
 * retention horizon.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MOST_HOURS_BACK, runSoak, type SoakResult } from './soak.ts';
import { failuresOf } from './support/failures.ts';
import { mediansOfHours, type Series } from './support/flatness.ts';
import { drawLines } from './support/line-chart.ts';

const HELP = `npm run soak -- [options]

Runs the whole pipeline in one process on a simulated site whose hours take seconds, and judges whether memory, file
handles, threads, the data directory or its parts grow after the retention horizon of three hours.

  --routers N     routers of the site (default 100)
  --hours N       hours of the site (default 24)
  --minutes N     how long they take (default 10)
  --svg FILE      draws what was measured
  --keep          keep the folder with the data and what the processes said
  --json          the result as one JSON object on standard output
  --help          this text

Ctrl-C ends the day early; what there is by then is judged.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      routers: { type: 'string', default: '100' },
      hours: { type: 'string', default: '24' },
      minutes: { type: 'string', default: '10' },
      svg: { type: 'string' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [routers = 0, hours = 0, minutes = 0] = [values.routers, values.hours, values.minutes].map(Number);
  const isSound = Number.isInteger(routers) && routers > 5 && routers <= 250 && hours > 0 && minutes > 0;
  if (!isSound) {
    process.stderr.write(HELP);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
  process.stderr.write(`what the processes say is in ${folder}\n`);
  const onProgress = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  const result = await runSoak({ routers, hours, minutes, folder, ending: ending.signal, onProgress });
  const failures = failuresOf(result, MOST_HOURS_BACK);
  const { series, ...rest } = result;
  process.stdout.write(values.json ? `${JSON.stringify(rest)}\n` : describe(result));
  if (values.svg !== undefined) writeFileSync(values.svg, drawLines(series, result));
  for (const failure of failures) process.stderr.write(`soak: ${failure}\n`);
  if (values.keep || failures.length > 0) process.stderr.write(`kept: ${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
  return failures.length === 0 ? 0 : 1;
}

function describe({
  verdicts,
  series,
  stored,
  dropped,
  tables,
  walls,
  hours,
  routers,
  judgedFromHour,
}: SoakResult): string {
  const rows = verdicts.map(({ name, unit, first, last, perHour, allowed, highest, isFlat }) => [
    `${name} ${unit}`.trim(),
    ...[first, last].map((value) => value.toFixed(1)),
    perHour.toFixed(2),
    ...[allowed, highest].map((value) => value.toFixed(1)),
    isFlat ? 'flat' : 'GROWS',
  ]);
  const list = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, value]) => `  ${name}: ${value}`)
      .join('\n');
  return `${hours.toFixed(1)} hours of ${routers} routers; judged by the medians of the hours from ${judgedFromHour} on: first and last third of them, Theil-Sen slope

${drawTable(['', 'first', 'last', 'an hour', 'allowed in all', 'highest', ''], rows)}

medians of each hour

${drawTable(['hour', ...series.map(({ name, unit }) => `${name} ${unit}`.trim())], rowsOfHours(series))}

stored
${list(stored)}
dropped
${list(dropped)}
in the store: rows, and hours that they reach back
${Object.entries(tables)
  .map(([name, { rows: count, hoursBack }]) => `  ${name}: ${count}, ${hoursBack.toFixed(1)}`)
  .join('\n')}
walls: ${walls.opened} connected, ${walls.messages} messages; ended by the gateway: ${JSON.stringify(walls.ends)}
`;
}

function rowsOfHours(series: readonly Series[]): string[][] {
  const columns = series.map(({ points }) => mediansOfHours(points));
  const hours = new Set(columns.flatMap((column) => [...column.keys()]));
  return [...hours].map((hour) => [
    `${hour}`,
    ...columns.map((column) => column.get(hour)?.toFixed(0) ?? ''),
  ]);
}

/** A table in Markdown, its first column to the left. */
function drawTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
