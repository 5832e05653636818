import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { drawLink, parseLinks, type SimulatedLink } from './links.ts';
import { HindsightSteerer } from './hindsight.ts';
import { runSiteDay } from './run-site-day.ts';
import { drawSiteDay, trafficModels } from './site-traffic.ts';
import { FailoverSteerer } from './steerers.ts';

const links = (text: string): SimulatedLink[] => {
  const parsed = parseLinks(text);
  if (!parsed) throw new Error(`no links: ${text}`);
  return parsed;
};
const [steady] = trafficModels;
if (!steady) throw new Error('no model');

describe('links', () => {
  it('are written as megabits and what they are like', () => {
    expect(links('100/20lte/20lossy').map(({ capacity, nature }) => [capacity.rxBps, nature])).toEqual([
      [100e6, 'steady'],
      [20e6, 'lte'],
      [20e6, 'lossy'],
    ]);
    for (const text of ['', '40', '40/0', '40/x', '1/1/1/1/1/1/1/1/1'])
      expect(parseLinks(text)).toBeUndefined();
  });

  it('wander and lose by their seed', () => {
    const [lte, lossy] = links('20lte/20lossy');
    if (!lte || !lossy) throw new Error('two links');
    const wandering = drawLink(lte, 8_640, 10, 1).share;
    expect(Math.min(...wandering)).toBeCloseTo(0.2, 1);
    expect(Math.max(...wandering)).toBeGreaterThan(0.9);
    expect(drawLink(lte, 8_640, 10, 1).share).toEqual(wandering);
    expect(new Set(drawLink(lossy, 8_640, 10, 1).loss).size).toBe(2);
  });

  it('that lose too much are left by ours, which sees it, and not by one that looks at the link alone', () => {
    const results = [
      ...compare({
        links: links('20lossy/20'),
        models: [steady],
        contenders: ['failover', 'failover-only'],
        seeds: [1],
      }),
    ];
    const [ours, peer] = results;
    expect(ours?.goodput).toBeGreaterThan((peer?.goodput ?? 1) + 0.01);
    expect(ours?.badFlips).toBe(0);
  });
});

it('hindsight of one rule beats leaving the rule alone, within four changes an hour', () => {
  const two = links('40/10');
  const model = trafficModels.find(({ name }) => name === 'steady 90 %') ?? steady;
  const day = drawSiteDay(model, 50e6, 1, 60);
  const known = runSiteDay(day, two, new HindsightSteerer(day, two));
  const alone = runSiteDay(day, two, new FailoverSteerer());
  expect(known.carriedBits).toBeGreaterThan(alone.carriedBits);
  expect(known.carriedBits).toBeLessThanOrEqual(known.bestBits);
  expect(Math.max(...known.flips)).toBeLessThanOrEqual(5);
});
