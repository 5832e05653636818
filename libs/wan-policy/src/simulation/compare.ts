import { steeringPolicy } from '../steering-policy.ts';
import { HindsightSteerer } from './hindsight.ts';
import { drawLink, type SimulatedLink } from './links.ts';
import { runSiteDay } from './run-site-day.ts';
import { drawSiteDay, type SiteDay, type TrafficModel } from './site-traffic.ts';
import { FailoverSteerer, MonitorSteerer, PolicySteerer, StaticSteerer, type Steerer } from './steerers.ts';

/** What a contender is made for. */
interface Setting {
  readonly links: readonly SimulatedLink[];
  readonly settings: object;
  readonly day: SiteDay;
  readonly outage: TrafficModel['outage'];
}

const ours =
  (kind: string, own: object = {}) =>
  ({ links, settings }: Setting): Steerer =>
    new PolicySteerer(steeringPolicy(links, { ...settings, ...own, kind }));

/** Ours, and what else steers. Equal PCC spreads as ECMP by layer 4 does. */
export const contenders = {
  weights: ours('weights'),
  headroom: ours('headroom', { denominator: 1 }),
  'headroom-parts': ours('headroom', { denominator: 10 }),
  spill: ours('spill'),
  failover: ours('failover'),
  'pcc-capacity': ({ links }: Setting) => new StaticSteerer(links.map(({ capacity }) => capacity.rxBps)),
  'pcc-equal': ({ links }: Setting) => new StaticSteerer(links.map(() => 1)),
  'traffic-monitor': ({ links }: Setting) => {
    const firstBps = links[0]?.capacity.rxBps ?? 0;
    return new MonitorSteerer(firstBps * 0.8, firstBps * 0.4);
  },
  'failover-only': () => new FailoverSteerer(),
  hindsight: ({ links, day }: Setting) => new HindsightSteerer(day, links),
} as const satisfies Readonly<Record<string, (setting: Setting) => Steerer>>;

export type ContenderName = keyof typeof contenders;

/** Sums over the days of one contender and model. */
export interface ContenderResult {
  readonly contender: ContenderName;
  readonly model: string;
  readonly days: number;
  /** What was carried, as a share of what one link of the whole capacity would have carried. */
  readonly goodput: number;
  readonly worstDay: number;
  readonly flipsPerHour: number;
  /** After the first hour, which is left to find the split from the first setting. */
  readonly mostFlipsInAnHour: number;
  readonly secondsAboveLimitADay: number;
  /** Mean length of the times in which a WAN was full beside one with room. */
  readonly reliefS: number;
  readonly failOverS: number | null;
  readonly failBackS: number | null;
  /** Jain's index over the connections of what each got of its wish, the mean over the days. */
  readonly fairness: number;
  /** Changes onto a WAN that was down or full. */
  readonly badFlips: number;
}

export interface ComparisonOptions {
  readonly links: readonly SimulatedLink[];
  readonly models: readonly TrafficModel[];
  readonly contenders: readonly ContenderName[];
  readonly seeds: readonly number[];
  /** Of the policies, as in the configuration. */
  readonly settings?: object;
}

/** The same days for every contender; a result of each model and contender as soon as it is there. */
export function* compare(options: ComparisonOptions): Generator<ContenderResult> {
  const { links, models, seeds, settings = {} } = options;
  const totalRxBps = links.reduce((sum, { capacity }) => sum + capacity.rxBps, 0);
  const isSteady = links.every(({ nature }) => nature === 'steady');
  for (const [modelIndex, model] of models.entries()) {
    const tallies = options.contenders.map((contender) => ({ contender, ...emptyTally }));
    for (const seed of seeds) {
      const day = drawSiteDay(model, totalRxBps, seed * 100 + modelIndex);
      const linkDays = isSteady
        ? undefined
        : links.map((link, i) => drawLink(link, day.steps, day.stepS, seed * 1_000 + modelIndex * 10 + i));
      for (const tally of tallies) {
        const { outage } = model;
        const steerer = contenders[tally.contender]({ links, settings, day, outage });
        const run = runSiteDay(day, links, steerer, outage, linkDays);
        tally.carriedBits += run.carriedBits;
        tally.bestBits += run.bestBits;
        tally.worstDay = Math.min(tally.worstDay, run.carriedBits / run.bestBits);
        for (const flips of run.flips) tally.flips += flips;
        tally.mostFlips = Math.max(tally.mostFlips, ...run.flips.slice(1));
        tally.secondsAboveLimit += run.secondsAboveLimit;
        tally.reliefS += run.reliefS;
        tally.badFlips += run.badFlips;
        tally.fairness += run.fairness;
        tally.failOverS = addKnown(tally.failOverS, run.failOverS);
        tally.failBackS = addKnown(tally.failBackS, run.failBackS);
      }
    }
    const days = seeds.length;
    for (const tally of tallies) {
      yield {
        contender: tally.contender,
        model: model.name,
        days,
        goodput: tally.carriedBits / tally.bestBits,
        worstDay: tally.worstDay,
        flipsPerHour: tally.flips / days / 24,
        mostFlipsInAnHour: tally.mostFlips,
        secondsAboveLimitADay: tally.secondsAboveLimit / days,
        reliefS: tally.reliefS / days,
        failOverS: tally.failOverS === null ? null : tally.failOverS / days,
        failBackS: tally.failBackS === null ? null : tally.failBackS / days,
        fairness: tally.fairness / days,
        badFlips: tally.badFlips,
      };
    }
  }
}

const emptyTally = {
  carriedBits: 0,
  bestBits: 0,
  worstDay: 1,
  flips: 0,
  mostFlips: 0,
  secondsAboveLimit: 0,
  reliefS: 0,
  badFlips: 0,
  fairness: 0,
  failOverS: null as number | null,
  failBackS: null as number | null,
};

const addKnown = (sum: number | null, value: number | null): number | null =>
  value === null ? sum : (sum ?? 0) + value;
