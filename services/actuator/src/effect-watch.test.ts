import { Effect, Outcome, Severity } from '@fairlead/model';
import { type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteeredRouter, startActuator, type SteeredActuator } from '../testing/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Site {
  readonly sim: RouterSim;
  readonly actuator: SteeredActuator;
}

async function openSite(version: string, options: { watchMs?: number } = {}): Promise<Site> {
  const { sim, inventory } = await openSteeredRouter({}, { version, load: steadyLoad(20e6) });
  cleanups.push(() => sim.stop());
  sim.advance(10_000);
  const actuator = await startActuator(inventory, { watchMs: 100, ...options });
  cleanups.push(() => actuator.stop());
  return { sim, actuator };
}

const [SET, PRINT] = ['/ip/firewall/mangle/set', '/ip/firewall/mangle/print'];
/** The rule is read back, the counters are read, and then they are read for the last time. */
const LAST_LOOK = 3;

/** Acts between the two looks at the counters that follow a change. @param act returns whether the last look is refused */
function betweenLooks({ sim }: Site, act: () => boolean): void {
  let looks = NaN;
  sim.faults.trap = 'busy';
  // Asked before each command is carried out, and, unless it is refused, before the answer.
  sim.faults.appliesTo = (command) => {
    if (command === SET) looks = 0;
    if (command === PRINT) looks += 1 / 2;
    return looks === LAST_LOOK - 1 / 2 && act();
  };
}

async function effectOf({ actuator }: Site): Promise<SteeredActuator['effects'][number]> {
  await until('what came of it', () => actuator.effects.length === 1);
  const [effect] = actuator.effects;
  if (!effect) throw new Error('there is one');
  return effect;
}

describe.each(['6.49.10', '7.20.1'])('after a change on RouterOS %s', (version) => {
  it('sees new connections go where the rule says', async () => {
    const site = await openSite(version);
    betweenLooks(site, () => {
      site.sim.advance(5_000);
      return false;
    });
    const { id, outcome } = await site.actuator.flip('ISP1', 'ISP2');
    expect(outcome).toBe(Outcome.CONFIRMED);
    const effect = await effectOf(site);
    const [first = -1, second = -1] = effect.newConnections;
    expect(effect).toMatchObject({ id, effect: Effect.MOVED, router: 'gw1', wans: ['ISP1', 'ISP2'] });
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(50);
    expect(effect.reason).toContain(`${second} of ${second} new connections`);
    expect(effect.rxBps[1]).toBeGreaterThan(0);
    expect(site.actuator.events).toMatchObject([
      { kind: 'traffic-moved', wan: 'ISP2', severity: Severity.INFO },
    ]);
  });

  it('sees when another rule takes the connections first', async () => {
    const site = await openSite(version);
    const { mangle } = site.sim.config;
    const steering = mangle.items().find(({ properties }) => properties['comment'] === 'Load-Balancing here');
    // Behind the steering rule somebody sends everything to the first WAN.
    const after = mangle.items()[mangle.items().findIndex(({ id }) => id === steering?.id) + 1];
    mangle.add({ ...steering?.properties, comment: 'mine', 'new-routing-mark': 'ISP1_Route' }, after?.id);
    betweenLooks(site, () => {
      site.sim.advance(5_000);
      return false;
    });
    expect(await site.actuator.flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(await effectOf(site)).toMatchObject({
      effect: Effect.NOT_MOVED,
      reason: expect.stringMatching(/^0 of \d+ new connections/) as string,
    });
    expect(site.actuator.events).toMatchObject([
      { kind: 'traffic-not-moved', wan: 'ISP2', severity: Severity.WARNING },
    ]);
  });
});

const REFUSED = 'refused';

describe('what cannot be told', () => {
  it.each<[what: string, act: (sim: RouterSim) => unknown, reason: RegExp]>([
    ['nothing began', () => undefined, /^no connection began in 0\.\d s$/],
    [
      'the counters began again',
      (sim) => sim.kernel.resetCounters(),
      /^the counters of the rules began again$/,
    ],
    [
      'a rule is gone that binds connections',
      (sim) => {
        const { mangle } = sim.config;
        for (const { id, properties } of mangle.items())
          if (properties['routing-mark'] === 'ISP2_Route') mangle.remove(id);
      },
      /^not every WAN has a rule/,
    ],
    ['the router does not answer', () => REFUSED, /could not be read: busy, after/],
  ])('is unknown: %s', async (_what, act, reason) => {
    const site = await openSite('7.20.1');
    betweenLooks(site, () => act(site.sim) === REFUSED);
    expect(await site.actuator.flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(await effectOf(site)).toMatchObject({
      effect: Effect.UNKNOWN,
      reason: expect.stringMatching(reason) as string,
    });
    expect(site.actuator.events).toEqual([]);
  });

  it('is unknown of a change that another one follows, or an end', async () => {
    const { actuator } = await openSite('7.20.1', { watchMs: 60_000 });
    const { id: first } = await actuator.flip('ISP1', 'ISP2');
    const { id: second } = await actuator.flip('ISP2', 'ISP1');
    await actuator.stop();
    expect(actuator.effects).toMatchObject([
      { id: first, effect: Effect.UNKNOWN, reason: expect.stringContaining('changed again') as string },
      { id: second, effect: Effect.UNKNOWN, reason: expect.stringContaining('ended') as string },
    ]);
  });

  it('is not asked of a change that was not made', async () => {
    const { sim, actuator } = await openSite('7.20.1');
    sim.setLink('ISP2', false);
    expect(await actuator.flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.REFUSED });
    await actuator.stop();
    expect(actuator.effects).toEqual([]);
  });
});
