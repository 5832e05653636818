import { beforeAll, describe, expect, it } from 'vitest';
import { steeringPolicy } from '../steering-policy.ts';
import { runSiteDay, type SiteDayResult } from './run-site-day.ts';
import { drawSiteDay, trafficModels } from './site-traffic.ts';
import { FailoverSteerer, MonitorSteerer, PolicySteerer, StaticSteerer } from './steerers.ts';

const SEED = 2_026;
const wans = [40e6, 10e6].map((rxBps, i) => ({
  name: `ISP${i + 1}`,
  capacity: { rxBps, txBps: rxBps / 4 },
  costPerGb: 0,
  commitBps: 0,
}));
const ours = (kind: string) => new PolicySteerer(steeringPolicy(wans, { kind }));
/** Short flows are eleven times the connections. */
const models = trafficModels.filter(({ name }) => name !== 'short web flows');
const contenders = {
  weights: () => ours('weights'),
  headroom: () => ours('headroom'),
  pcc: () => new StaticSteerer([4, 1]),
  pccEqual: () => new StaticSteerer([1, 1]),
  monitor: () => new MonitorSteerer(32e6, 16e6),
  failover: () => new FailoverSteerer(),
};

describe(`a day of each model on links of 4:1, seed ${SEED}`, () => {
  const results = new Map<string, SiteDayResult[]>();
  const goodput = (name: keyof typeof contenders): number => {
    const days = results.get(name) ?? [];
    return days.reduce((sum, day) => sum + day.carriedBits / day.bestBits, 0) / days.length;
  };

  beforeAll(() => {
    for (const [name, create] of Object.entries(contenders)) {
      results.set(
        name,
        models.map((model, i) =>
          runSiteDay(drawSiteDay(model, 50e6, SEED + i, 10), wans, create(), model.outage),
        ),
      );
    }
  });

  it('weights carry 0.99 of the optimum and more than every peer, headroom 0.95', () => {
    expect(goodput('weights')).toBeGreaterThan(0.99);
    expect(goodput('headroom')).toBeGreaterThan(0.95);
    for (const peer of ['pcc', 'pccEqual', 'monitor', 'failover'] as const) {
      expect(goodput('weights')).toBeGreaterThan(goodput(peer));
    }
  });

  it('ours change at most four times an hour, and never onto a WAN that is down or full', () => {
    for (const name of ['weights', 'headroom']) {
      for (const day of results.get(name) ?? []) {
        expect(Math.max(...day.flips)).toBeLessThanOrEqual(4);
        expect(day.badFlips).toBe(0);
      }
    }
    expect(results.get('monitor')?.some((day) => day.badFlips > 0)).toBe(true);
  });

  it('weights treat connections more alike than one rule, and equal parts on unequal links least', () => {
    const fairness = (name: keyof typeof contenders): number => {
      const days = results.get(name) ?? [];
      return days.reduce((sum, day) => sum + day.fairness, 0) / days.length;
    };
    expect(fairness('weights')).toBeLessThanOrEqual(1);
    expect(fairness('weights')).toBeGreaterThan(fairness('headroom'));
    expect(fairness('headroom')).toBeGreaterThan(fairness('pccEqual'));
  });

  it('nobody carries more than the optimum, and the same seed gives the same day', () => {
    for (const days of results.values()) {
      for (const day of days) expect(day.carriedBits).toBeLessThanOrEqual(day.bestBits * (1 + 1e-9));
    }
    const [model] = trafficModels;
    if (!model) throw new Error('no model');
    expect(drawSiteDay(model, 50e6, 7)).toEqual(drawSiteDay(model, 50e6, 7));
    expect(drawSiteDay(model, 50e6, 7)).not.toEqual(drawSiteDay(model, 50e6, 8));
  });
});
