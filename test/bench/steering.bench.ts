/**
 * Steering policies side by side on a fluid model of sites, in virtual time: the same days, drawn from seeds, for each.
 *
 * `npm run bench -- steering [--seeds 15] [--first 1] [--links 40/10] [--policy names]
 * [--settings '{"dwellMs":30000}'] [--svg FILE] [--json]`: 15 seeds × 10 models × 8 policies are 1 200 site-days.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  compare,
  type ContenderName,
  type ContenderResult,
  parseLinks,
  trafficModels,
} from '@fairlead/wan-policy/simulation';
import { drawBars } from './support/bar-chart.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '15' },
    first: { type: 'string', default: '1' },
    links: { type: 'string', default: '40/10' },
    policy: {
      type: 'string',
      default: 'weights,headroom-parts,headroom,spill,pcc-capacity,pcc-equal,traffic-monitor,failover-only',
    },
    model: { type: 'string' },
    json: { type: 'boolean', default: false },
    settings: { type: 'string', default: '{}' },
    svg: { type: 'string' },
  },
});
const links = parseLinks(options.links);
if (!links) throw new Error(`--links ${options.links}: expected such as 40/10`);
const names = options.policy.split(',') as ContenderName[];
const models = trafficModels.filter(
  ({ name }) => options.model === undefined || options.model.split(',').includes(name),
);
const seeds = Array.from({ length: Number(options.seeds) }, (_, i) => Number(options.first) + i);
const startMs = performance.now();
const settings = JSON.parse(options.settings) as object;
const results: ContenderResult[] = [...compare({ links, models, contenders: names, seeds, settings })];

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
const table = names.map((name) => {
  const own = results.filter(({ contender }) => contender === name);
  const mean = (of: (result: ContenderResult) => number): number =>
    own.reduce((sum, result) => sum + of(result), 0) / own.length;
  const steady = own.filter(({ model }) => model.startsWith('steady'));
  return {
    policy: name,
    mean: round(mean(({ goodput }) => goodput)),
    ...Object.fromEntries(own.map(({ model, goodput }) => [model, round(goodput)])),
    worstDay: round(Math.min(...own.map(({ worstDay }) => worstDay))),
    steadyFlipsPerHour: round(
      steady.reduce((sum, { flipsPerHour }) => sum + flipsPerHour, 0) / steady.length,
      2,
    ),
    mostFlipsInAnHour: Math.max(...own.map(({ mostFlipsInAnHour }) => mostFlipsInAnHour)),
    secondsAboveLimitADay: round(
      mean(({ secondsAboveLimitADay }) => secondsAboveLimitADay),
      0,
    ),
    reliefS: round(
      mean(({ reliefS }) => reliefS),
      0,
    ),
    fairness: round(mean(({ fairness }) => fairness)),
    badFlips: own.reduce((sum, { badFlips }) => sum + badFlips, 0),
  };
});
if (options.svg !== undefined) {
  const svg = drawBars({
    title: `Carried, as a share of the optimum: links ${options.links} Mbit/s, seeds ${seeds[0]} to ${seeds.at(-1)}`,
    groups: models.map(({ name }) => name),
    series: names.map((name) => ({
      name,
      values: results.filter(({ contender }) => contender === name).map(({ goodput }) => goodput),
    })),
    from: 0.8,
    to: 1,
    step: 0.05,
  });
  writeFileSync(options.svg, svg);
}
const summary = {
  links: options.links,
  seeds: `${seeds[0]}..${seeds.at(-1)}`,
  siteDays: seeds.length * models.length * names.length,
  seconds: round((performance.now() - startMs) / 1_000, 1),
};
// eslint-disable-next-line no-console -- what it is for
console.log(options.json ? JSON.stringify({ ...summary, table }) : summary);
// eslint-disable-next-line no-console -- what it is for
if (!options.json) console.table(table);
