import { Effect, Mode, Outcome } from '@fairlead/model';
import { type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openSteeredRouter,
  partMarksOf,
  sharedConfiguration,
  sharingWans,
  startActuator,
  type SteeredActuator,
  weightsOf,
} from '../testing/index.ts';

const SET = '/ip/firewall/mangle/set';
const PARTS = 6;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Site {
  readonly sim: RouterSim;
  readonly actuator: SteeredActuator;
}

/** A router of three WANs with a steering rule for each of six parts: two for each at first. */
async function openSite(given: { policy?: object; watchMs?: number; load?: number } = {}): Promise<Site> {
  const { policy = {}, watchMs = 60_000, load } = given;
  const { sim, inventory } = await openSteeredRouter(
    { kind: 'weights', denominator: PARTS, ...policy },
    {
      configuration: sharedConfiguration(sharingWans, PARTS),
      ...(load !== undefined && { load: steadyLoad(load) }),
    },
    sharingWans,
  );
  cleanups.push(() => sim.stop());
  // An uptime of nothing does not begin again.
  sim.advance(10_000);
  const actuator = await startActuator(inventory, { watchMs });
  cleanups.push(() => actuator.stop());
  return { sim, actuator };
}

const weights = ({ sim }: Site): number[] | undefined => weightsOf(sim, sharingWans, PARTS);
const writes = ({ sim }: Site): string[][] =>
  sim.received.filter(({ words }) => words[0] === SET).map(({ words }) => [...words]);
const partRule = ({ sim }: Site, part: number): { readonly id: string } => {
  const rule = sim.config.mangle
    .items()
    .find(({ properties }) => properties['comment'] === `Load-Balancing here ${PARTS}/${part}`);
  if (!rule) throw new Error(`no rule for part ${part}`);
  return rule;
};
const edit = (site: Site, part: number, properties: Record<string, string>): void =>
  site.sim.config.mangle.set(partRule(site, part).id, properties);

/** Acts when the setting of that number is carried out. */
function atSet({ sim }: Site, number: number, act: () => void): void {
  let sets = 0;
  sim.config.mangle.onChange(() => {
    sets += 1;
    if (sets === number) act();
  });
}

describe('a decision of shares', () => {
  it('sets the rules of the parts that move, one after the other, and reads them back', async () => {
    const site = await openSite();
    expect(weights(site)).toEqual([2, 2, 2]);
    expect(await site.actuator.share([2, 2, 2], [4, 2, 0])).toMatchObject({
      mode: Mode.ARMED,
      outcome: Outcome.CONFIRMED,
      rule: 'Load-Balancing here',
      beforeMark: '2:2:2',
      afterMark: '4:2:0',
      wantedMark: '4:2:0',
      reason: '',
    });
    expect(weights(site)).toEqual([4, 2, 0]);
    expect(writes(site)).toHaveLength(2);
    expect(writes(site).every((words) => words.includes('=new-routing-mark=ISP1_Route'))).toBe(true);
    expect(await site.actuator.share([4, 2, 0], [2, 2, 2])).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(partMarksOf(site.sim, PARTS)?.map((mark) => mark[3])).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  it('is carried out for headroom in parts too, and for no policy of one rule', async () => {
    const inParts = await openSite({ policy: { kind: 'headroom' } });
    expect(await inParts.actuator.share([2, 2, 2], [4, 2, 0])).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(weights(inParts)).toEqual([4, 2, 0]);
    const oneRule = await openSite({ policy: { kind: 'headroom', denominator: 1 } });
    expect(await oneRule.actuator.share([2, 2, 2], [4, 2, 0])).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: 'weights 4:2:0: the policy headroom sets one rule',
    });
    expect(writes(oneRule)).toEqual([]);
  });

  it('changes nothing when it comes a second time', async () => {
    const site = await openSite();
    await site.actuator.share([2, 2, 2], [1, 2, 3]);
    expect(await site.actuator.share([2, 2, 2], [1, 2, 3])).toMatchObject({
      outcome: Outcome.UNCHANGED,
      afterMark: '1:2:3',
    });
    expect(writes(site)).toHaveLength(1);
  });

  it('takes all parts off a WAN that went down, and gives them back', async () => {
    const site = await openSite();
    site.sim.setLink('ISP1', false);
    expect(await site.actuator.share([2, 2, 2], [0, 3, 3], { emergency: true })).toMatchObject({
      outcome: Outcome.CONFIRMED,
    });
    expect(weights(site)).toEqual([0, 3, 3]);
    expect(await site.actuator.share([0, 3, 3], [2, 2, 2])).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: 'the interface ether1 of ISP1 is not running',
    });
    site.sim.setLink('ISP1', true);
    expect(await site.actuator.share([0, 3, 3], [2, 2, 2])).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(weights(site)).toEqual([2, 2, 2]);
  });

  it.each<[what: string, act: (site: Site) => unknown, reason: string | RegExp]>([
    [
      'somebody else changed a share',
      (site) => edit(site, 0, { 'new-routing-mark': 'ISP3_Route' }),
      'somebody else changed the rules: they say 1:2:3, the decision is from 2:2:2',
    ],
    [
      'a rule is gone',
      (site) => site.sim.config.mangle.remove(partRule(site, 3).id),
      '0 rules have the comment "Load-Balancing here 6/3"; exactly one must',
    ],
    [
      'a rule is disabled',
      (site) => edit(site, 1, { disabled: 'true' }),
      'the rule "Load-Balancing here 6/1" is disabled',
    ],
    [
      'a rule takes other connections than it says',
      (site) => edit(site, 1, { 'per-connection-classifier': 'both-addresses:6/2' }),
      'the rule "Load-Balancing here 6/1" has the classifier "both-addresses:6/2", not one of 6/1',
    ],
    [
      'a rule tells connections apart by something else',
      (site) => edit(site, 4, { 'per-connection-classifier': 'src-address:6/4' }),
      'the rule "Load-Balancing here 6/4" takes other connections than those before it',
    ],
    [
      'a rule leads nowhere',
      (site) => edit(site, 5, { 'new-routing-mark': 'main' }),
      'the rule "Load-Balancing here 6/5" has the mark "main", which is of no WAN',
    ],
    ['a WAN that gets more is down', (site) => site.sim.setLink('ISP3', false), /ether3 of ISP3 is not/],
    [
      'FastTrack takes connections past the rules',
      (site) => site.sim.config.filter.add({ chain: 'forward', action: 'fasttrack-connection' }),
      /FastTrack/,
    ],
  ])('is refused and nothing written when %s', async (_, act, reason) => {
    const site = await openSite();
    act(site);
    expect(await site.actuator.share([2, 2, 2], [1, 1, 4])).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: typeof reason === 'string' ? reason : (expect.stringMatching(reason) as string),
    });
    expect(writes(site)).toEqual([]);
  });

  it.each<[what: string, from: number[], to: number[], given: object, reason: RegExp]>([
    ['other parts than declared', [1, 1, 0], [2, 0, 0], {}, /are not of 6 parts/],
    ['other WANs', [2, 2, 2], [1, 1, 4], { wans: ['ISP1', 'LTE', 'ISP3'] }, /has other WANs/],
    ['a sample of long ago', [2, 2, 2], [1, 1, 4], { timeMs: 0 }, /stale decision/],
  ])('is refused when it is of %s', async (_, from, to, given, reason) => {
    const site = await openSite();
    expect(await site.actuator.share(from, to, given)).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: expect.stringMatching(reason) as string,
    });
    expect(writes(site)).toEqual([]);
  });

  it('is refused where the policy sets one rule', async () => {
    const site = await openSite({ policy: { kind: 'spill' } });
    expect(await site.actuator.share([2, 2, 2], [1, 1, 4])).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: 'weights 1:1:4: the policy spill sets one rule',
    });
  });

  it('keeps a part of the budget of settings for a WAN that goes down', async () => {
    const site = await openSite({ policy: { writesPerHour: 2 * PARTS } });
    expect(await site.actuator.share([2, 2, 2], [6, 0, 0])).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(await site.actuator.share([6, 0, 0], [2, 2, 2])).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: expect.stringMatching(
        /^the budget is spent: 4 rules were set .*, 4 are to be, 12 may be/,
      ) as string,
    });
    expect(weights(site)).toEqual([6, 0, 0]);
    expect(await site.actuator.share([6, 0, 0], [0, 3, 3], { emergency: true })).toMatchObject({
      outcome: Outcome.CONFIRMED,
    });
  });
});

describe('a change of shares that is interrupted', () => {
  it.each(['closeMidReply', 'noReply'] as const)(
    'reads what became of a lost reply and goes on: %s',
    async (fault) => {
      const site = await openSite();
      let isMet = false;
      site.sim.faults.appliesTo = (command) => {
        if (command !== SET || isMet) return false;
        isMet = true;
        return true;
      };
      site.sim.faults[fault] = true;
      const actuation = await site.actuator.share([2, 2, 2], [1, 1, 4]);
      expect(actuation).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: '1:1:4' });
      expect(actuation.reason).not.toBe('');
      expect(weights(site)).toEqual([1, 1, 4]);
      expect(writes(site)).toHaveLength(2);
    },
  );

  it('stops where somebody edits a rule meanwhile, and says how far it came', async () => {
    const site = await openSite();
    atSet(site, 1, () => edit(site, 0, { 'new-routing-mark': 'ISP2_Route' }));
    expect(await site.actuator.share([2, 2, 2], [0, 0, 6], {})).toMatchObject({
      outcome: Outcome.FAILED,
      beforeMark: '2:2:2',
      afterMark: '1:3:2',
      reason: '0 of 4 rules set; read back, "Load-Balancing here 6/0" says ISP2_Route',
    });
    expect(writes(site)).toHaveLength(1);
    expect(site.actuator.events).toMatchObject([
      { kind: 'steering-failed', message: expect.stringMatching(/^2:2:2 to 0:0:6: 0 of 4/) as string },
    ]);
  });

  it('stops where the router reboots between two rules; the next decision begins from there', async () => {
    const site = await openSite();
    atSet(site, 2, () => site.sim.reboot());
    const stopped = await site.actuator.share([2, 2, 2], [0, 0, 6]);
    expect(stopped).toMatchObject({ outcome: Outcome.FAILED, afterMark: '0:2:4' });
    expect(stopped.reason).toMatch(/^2 of 4 rules set; .*; the router no longer knows this Fairlead$/);
    await until('the next one', async () => {
      const { outcome } = await site.actuator.share([0, 2, 4], [0, 0, 6]);
      return outcome === Outcome.CONFIRMED;
    });
    expect(weights(site)).toEqual([0, 0, 6]);
  });

  it('stops where a rule is gone meanwhile, and does not say what it does not know', async () => {
    const site = await openSite();
    atSet(site, 1, () => site.sim.config.mangle.remove(partRule(site, 5).id));
    expect(await site.actuator.share([2, 2, 2], [0, 0, 6])).toMatchObject({
      outcome: Outcome.FAILED,
      afterMark: '',
      reason: expect.stringMatching(/; 0 rules have the comment "Load-Balancing here 6\/5"/) as string,
    });
    expect(writes(site)).toHaveLength(1);
  });
});

describe('after a change of shares', () => {
  it.each([
    [Effect.MOVED, 'obey', 'traffic-moved'],
    [Effect.NOT_MOVED, 'do not obey', 'traffic-not-moved'],
  ])('says that new connections %i: they %s', async (effect, does, kind) => {
    const site = await openSite({ watchMs: 100, load: 20e6 });
    if (does === 'do not obey') {
      const { mangle } = site.sim.config;
      const sticky = mangle.items().find(({ properties }) => properties['routing-mark'] !== undefined);
      // Behind the steering rules somebody shares by other parts.
      for (const part of [0, 1, 2]) {
        mangle.add(
          {
            ...{ chain: 'prerouting', 'connection-mark': 'fairlead-new', action: 'mark-routing' },
            'per-connection-classifier': `both-addresses:3/${part}`,
            'new-routing-mark': `ISP${part + 1}_Route`,
          },
          sticky?.id,
        );
      }
    }
    let looks = NaN;
    site.sim.faults.trap = 'never said';
    // Asked before each command is carried out, and before the answer. The rules are read back, counted, and counted again.
    site.sim.faults.appliesTo = (command) => {
      if (command === SET) looks = 0;
      if (command === '/ip/firewall/mangle/print') looks += 1 / 2;
      if (looks === 5 / 2) site.sim.advance(5_000);
      return false;
    };
    expect(await site.actuator.share([2, 2, 2], [0, 3, 3])).toMatchObject({ outcome: Outcome.CONFIRMED });
    await until('what came of it', () => site.actuator.effects.length === 1);
    expect(site.actuator.effects[0]).toMatchObject({
      effect,
      reason: expect.stringMatching(/^\d+ new connections in .* went \d+:\d+:\d+; 0:3:3 is wanted/) as string,
    });
    expect(site.actuator.events).toMatchObject([{ kind, wan: '' }]);
  });
});
