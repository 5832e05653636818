import {
  compare,
  type ContenderName,
  type ContenderResult,
  contenders,
  parseLinks,
  type TrafficModel,
  trafficModels,
} from '@fairlead/wan-policy/simulation';
import { UsageError } from '../exit.ts';

export interface SimulateOptions {
  readonly policy: string;
  readonly links: string;
  readonly model?: string;
  readonly seeds: number;
  readonly first: number;
  readonly json: boolean;
}

/**
 * `fairlead simulate`: policies side by side on the fluid model of a site, in virtual time: the same days, drawn from
 * seeds, for each.
 */
export async function simulatePolicies(options: SimulateOptions): Promise<void> {
  const links = parseLinks(options.links);
  if (!links)
    throw new UsageError(
      `--links ${options.links}: expected two to eight such as 40/10, 100/20/20 or 50/20lte/20lossy`,
    );
  const names = parseNames('--policy', options.policy, Object.keys(contenders)) as ContenderName[];
  const wanted = options.model === undefined ? undefined : options.model.split(',');
  const models = wanted ? wanted.map(findModel) : trafficModels;
  const seeds = Array.from({ length: options.seeds }, (_, i) => options.first + i);
  const siteDays = seeds.length * models.length * names.length;
  process.stderr.write(
    `links ${options.links} Mbit/s, seeds ${seeds[0]} to ${seeds.at(-1)}, ${models.length} models, ${siteDays} site-days\n`,
  );
  const results: ContenderResult[] = [];
  for (const result of compare({ links, models, contenders: names, seeds })) {
    results.push(result);
    if (options.json)
      process.stdout.write(`${JSON.stringify({ links: options.links, firstSeed: seeds[0], ...result })}\n`);
  }
  if (!options.json) process.stdout.write(`${table(results, names)}\n`);
}

function findModel(text: string): TrafficModel {
  const name = text.trim();
  const model = trafficModels.find((candidate) => candidate.name === name);
  if (model) return model;
  throw new UsageError(
    `--model: no model "${name}"; known: ${trafficModels.map((known) => known.name).join(', ')}`,
  );
}

/**
 * The names of a list with commas.
 * @throws UsageError naming the unknown one and the known ones
 */
export function parseNames(option: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new UsageError(`${option}: no policy "${unknown}"; known: ${known.join(', ')}`);
}

const HEADER = [
  'policy',
  'goodput',
  'worst day',
  'flips/h',
  'most in 1 h',
  's above limit/day',
  'relief s',
  'fail-over s',
  'fail-back s',
  'fairness',
  'bad flips',
];

/** A line for each policy: means over the models. */
function table(results: readonly ContenderResult[], names: readonly string[]): string {
  const rows = names.map((name) => {
    const own = results.filter(({ contender }) => contender === name);
    const mean = (of: (result: ContenderResult) => number): number =>
      own.reduce((sum, result) => sum + of(result), 0) / own.length;
    const seconds = (of: 'failOverS' | 'failBackS'): string => {
      const known = own.flatMap((result) => result[of] ?? []);
      return known.length === 0 ? '-' : (known.reduce((a, b) => a + b, 0) / known.length).toFixed(0);
    };
    return [
      name,
      mean(({ goodput }) => goodput).toFixed(3),
      Math.min(...own.map(({ worstDay }) => worstDay)).toFixed(3),
      mean(({ flipsPerHour }) => flipsPerHour).toFixed(2),
      String(Math.max(...own.map(({ mostFlipsInAnHour }) => mostFlipsInAnHour))),
      mean(({ secondsAboveLimitADay }) => secondsAboveLimitADay).toFixed(0),
      mean(({ reliefS }) => reliefS).toFixed(0),
      seconds('failOverS'),
      seconds('failBackS'),
      mean(({ fairness }) => fairness).toFixed(3),
      String(own.reduce((sum, { badFlips }) => sum + badFlips, 0)),
    ];
  });
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [HEADER, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
