/**
 * Steering policies side by side on a fluid model of sites, in virtual time: the same days, drawn from seeds, for each.
 *
 * `npm run bench -- steering [--seeds 25] [--first 1] [--links 40/10]
 * [--settings '{"dwellMs":30000}'] [--json]`: 25 seeds × 7 models × 7 policies are
 * 1 225 site-days.
 */
import { parseArgs } from 'node:util';
import { type SteeredWan, steeringPolicy } from '@fairlead/wan-policy';
import {
  drawSiteDay,
  FailoverSteerer,
  MonitorSteerer,
  PolicySteerer,
  runSiteDay,
  StaticSteerer,
  type Steerer,
  trafficModels,
} from '@fairlead/wan-policy/testing';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '25' },
    first: { type: 'string', default: '1' },
    links: { type: 'string', default: '40/10' },
    json: { type: 'boolean', default: false },
    settings: { type: 'string', default: '{}' },
  },
});
const MEGA = 1_000_000;
const wans: readonly SteeredWan[] = options.links.split('/').map((mega, i) => ({
  name: `ISP${i + 1}`,
  capacity: { rxBps: Number(mega) * MEGA, txBps: (Number(mega) * MEGA) / 4 },
  costPerGb: 0,
  commitBps: 0,
}));
const totalRxBps = wans.reduce((sum, wan) => sum + wan.capacity.rxBps, 0);
const firstBps = wans[0]?.capacity.rxBps ?? 0;
const ours = (kind: string, settings = {}): Steerer =>
  new PolicySteerer(steeringPolicy(wans, { kind, ...settings, ...(JSON.parse(options.settings) as object) }));

const contenders: Readonly<Record<string, () => Steerer>> = {
  weights: () => ours('weights'),
  headroom: () => ours('headroom'),
  spill: () => ours('spill'),
  'PCC by capacity': () => new StaticSteerer(wans.map((wan) => wan.capacity.rxBps / MEGA)),
  'PCC equal': () => new StaticSteerer(wans.map(() => 1)),
  'traffic-monitor': () => new MonitorSteerer(firstBps * 0.8, firstBps * 0.4),
  'failover only': () => new FailoverSteerer(),
};

const results = Object.keys(contenders).map((name) => ({
  name,
  carried: trafficModels.map(() => 0),
  best: trafficModels.map(() => 0),
  worst: trafficModels.map(() => 1),
  flips: trafficModels.map(() => 0),
  mostFlips: 0,
  mostSteadyFlips: 0,
  seconds: 0,
  badFlips: 0,
  days: 0,
}));

const startMs = performance.now();
const first = Number(options.first);
const seeds = Array.from({ length: Number(options.seeds) }, (_, i) => first + i);
trafficModels.forEach((model, modelIndex) => {
  for (const seed of seeds) {
    const day = drawSiteDay(model, totalRxBps, seed * 100 + modelIndex);
    for (const result of results) {
      const steerer = contenders[result.name]?.();
      if (!steerer) continue;
      const run = runSiteDay(day, wans, steerer, model.outage);
      // The first hour is left to find the split from the first setting.
      const most = Math.max(...run.flips.slice(1));
      result.carried[modelIndex] = (result.carried[modelIndex] ?? 0) + run.carriedBits;
      result.best[modelIndex] = (result.best[modelIndex] ?? 0) + run.bestBits;
      result.worst[modelIndex] = Math.min(result.worst[modelIndex] ?? 1, run.carriedBits / run.bestBits);
      result.flips[modelIndex] =
        (result.flips[modelIndex] ?? 0) + run.flips.reduce((a, b) => a + b, 0) / 24 / seeds.length;
      result.mostFlips = Math.max(result.mostFlips, most);
      if (model.name.startsWith('steady')) result.mostSteadyFlips = Math.max(result.mostSteadyFlips, most);
      result.seconds += run.secondsAboveLimit;
      result.badFlips += run.badFlips;
      result.days += 1;
    }
  }
});

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
const table = results.map((result) => ({
  policy: result.name,
  mean: round(
    trafficModels.reduce((sum, _, i) => sum + (result.carried[i] ?? 0) / (result.best[i] ?? 1), 0) /
      trafficModels.length,
  ),
  ...Object.fromEntries(
    trafficModels.map(({ name }, i) => [name, round((result.carried[i] ?? 0) / (result.best[i] ?? 1))]),
  ),
  worstDay: round(Math.min(...result.worst)),
  flipsPerHour: round(result.flips.reduce((a, b) => a + b, 0) / trafficModels.length, 2),
  steadyFlipsPerHour: round(
    ((result.flips[0] ?? 0) + (result.flips[1] ?? 0) + (result.flips[2] ?? 0)) / 3,
    2,
  ),
  mostFlipsInAnHour: result.mostFlips,
  mostSteadyFlips: result.mostSteadyFlips,
  secondsAboveLimitADay: round(result.seconds / result.days, 0),
  badFlips: result.badFlips,
}));
const summary = {
  links: options.links,
  seeds: `${seeds[0]}..${seeds.at(-1)}`,
  siteDays: results.reduce((sum, { days }) => sum + days, 0),
  seconds: round((performance.now() - startMs) / 1_000, 1),
};
// eslint-disable-next-line no-console -- what it is for
console.log(options.json ? JSON.stringify({ ...summary, table }) : summary);
// eslint-disable-next-line no-console -- what it is for
if (!options.json) console.table(table);
