import { Effect, Outcome } from '@fairlead/model';
import type { RouterSim, RouterSimOptions } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  dualStackConfiguration,
  ipv6RuleOf,
  markOf,
  openSteeredRouter,
  simulatedWans,
  startActuator,
  type SteeredActuator,
} from '../testing/index.ts';
import { actuatorCommands } from './commands.ts';
import { judgeEffect } from './judge-effect.ts';
import type { TrafficReading } from './read-traffic.ts';

const SET = '/ip/firewall/mangle/set';
const SET_IPV6 = '/ipv6/firewall/mangle/set';
const MASQUERADE = { translation: 'masquerade' };
const DUAL_STACK = { configuration: dualStackConfiguration(simulatedWans) };

let sim: RouterSim;
let actuator: SteeredActuator;

async function begin(
  ipv6: object | undefined,
  simulated: Partial<RouterSimOptions> = DUAL_STACK,
): Promise<void> {
  const router = await openSteeredRouter({}, simulated, simulatedWans, ipv6);
  sim = router.sim;
  actuator = await startActuator(router.inventory, { watchMs: 100 });
}

const marks = (): (string | undefined)[] => [markOf(sim), ipv6RuleOf(sim)?.mark];
const sets = (): string[] =>
  sim.received.flatMap(({ words: [command = ''] }) => (command.endsWith('/mangle/set') ? [command] : []));
const setIpv6Rule = (changes: Readonly<Record<string, string>>): void =>
  sim.config.mangle6.set(ipv6RuleOf(sim)?.id ?? '', changes);
/** Does something as soon as the rule of IPv4 is set. */
const afterIpv4 = (act: () => void): void => {
  const end = sim.config.mangle.onChange(() => {
    end();
    act();
  });
};

const stop = async (): Promise<void> => {
  await actuator.stop();
  await sim.stop();
};

describe('IPv6 that is left alone', () => {
  afterEach(stop);

  it('is neither read nor written, and nothing of it could be sent', async () => {
    await begin(undefined);
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: 'ISP2_Route' });
    expect([told.ipv6BeforeMark, told.ipv6AfterMark]).toEqual([undefined, undefined]);
    expect(marks()).toEqual(['ISP2_Route', 'ISP1_Route']);
    await until('what came of it', () => actuator.effects.length === 1);
    expect(sim.received.filter(({ words }) => words.some((word) => word.includes('ipv6')))).toEqual([]);
    expect(JSON.stringify(actuatorCommands(false))).not.toContain('ipv6');
    expect(JSON.stringify(actuatorCommands(true))).toContain(SET_IPV6);
  });
});

describe('IPv6 that is steered', () => {
  afterEach(stop);

  it('follows IPv4 there and back, each rule read back before the next', async () => {
    await begin(MASQUERADE);
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({
      ...{ outcome: Outcome.CONFIRMED, beforeMark: 'ISP1_Route', afterMark: 'ISP2_Route', reason: '' },
      ...{ ipv6BeforeMark: 'ISP1_Route', ipv6AfterMark: 'ISP2_Route' },
    });
    const commands = sim.received.map(({ words: [command] }) => command);
    const [first, second] = [commands.indexOf(SET), commands.indexOf(SET_IPV6)];
    expect(commands.slice(first + 1, second)).toEqual(
      expect.arrayContaining(['/ip/firewall/mangle/print', '/ipv6/firewall/mangle/print']),
    );
    expect(commands.slice(second + 1)).toContain('/ipv6/firewall/mangle/print');
    expect(marks()).toEqual(['ISP2_Route', 'ISP2_Route']);
    expect(await actuator.flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(await actuator.flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.UNCHANGED });
    expect([...marks(), sets().length]).toEqual(['ISP1_Route', 'ISP1_Route', 4]);
  });

  it('is watched beside IPv4 after a change', async () => {
    await begin(MASQUERADE);
    await actuator.flip('ISP1', 'ISP2');
    await until('what came of it', () => actuator.effects.length === 1);
    expect(actuator.effects[0]?.effect).toBe(Effect.UNKNOWN);
    expect(actuator.effects[0]?.reason).toMatch(/^IPv4: no connection began .*; IPv6: no connection began /);
  });

  it('that stayed behind follows with the next decision', async () => {
    await begin(MASQUERADE);
    setIpv6Rule({ 'new-routing-mark': 'ISP2_Route' });
    expect(await actuator.flip('ISP2', 'ISP1')).toMatchObject({
      ...{ outcome: Outcome.CONFIRMED, beforeMark: 'ISP1_Route', afterMark: 'ISP1_Route' },
      ...{ ipv6BeforeMark: 'ISP2_Route', ipv6AfterMark: 'ISP1_Route' },
    });
    expect(sets()).toEqual([SET_IPV6]);
  });

  it.each<[string, () => void, string]>([
    [
      'has no rule',
      () => sim.config.mangle6.remove(ipv6RuleOf(sim)?.id ?? ''),
      'IPv6: 0 rules have the comment',
    ],
    [
      'has a rule to somewhere else',
      () => setIpv6Rule({ 'new-routing-mark': 'vpn' }),
      'changed the rule of IPv6: it says vpn',
    ],
    [
      'has a rule that is disabled',
      () => setIpv6Rule({ disabled: 'true' }),
      'IPv6: the steering rule is disabled',
    ],
    [
      'has no route there',
      () => {
        for (const { id, properties } of sim.config.route6.items())
          if (properties['routing-table'] === 'ISP2_Route') sim.config.route6.remove(id);
      },
      'the routing table ISP2_Route has no active default route of IPv6',
    ],
    [
      'is taken past the rule',
      () => sim.config.filter6.add({ chain: 'forward', action: 'fasttrack-connection' }),
      'a FastTrack rule of IPv6',
    ],
  ])('keeps both where they are when it %s, unless a WAN is down', async (_, spoil, reason) => {
    await begin(MASQUERADE);
    spoil();
    const refused = await actuator.flip('ISP1', 'ISP2');
    expect(refused).toMatchObject({ outcome: Outcome.REFUSED, afterMark: 'ISP1_Route' });
    expect(refused.reason).toContain(reason);
    expect(sets()).toEqual([]);

    const told = await actuator.flip('ISP1', 'ISP2', { emergency: true });
    expect(told).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP2_Route' });
    expect(told.reason).toContain('IPv4 has left ISP1_Route, which is down, and IPv6 has not');
    expect(sets()).toEqual([SET]);
    expect(actuator.events.at(-1)).toMatchObject({ kind: 'steering-failed' });
  });

  it('takes IPv4 back when its rule cannot be set', async () => {
    await begin(MASQUERADE);
    sim.faults.appliesTo = (command) => command === SET_IPV6;
    sim.faults.trap = 'failure: busy';
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({
      ...{ outcome: Outcome.FAILED, beforeMark: 'ISP1_Route', afterMark: 'ISP1_Route' },
      ...{ ipv6AfterMark: 'ISP1_Route' },
      reason: 'the rule of IPv6: failure: busy; the rule of IPv4 was set back',
    });
    expect(marks()).toEqual(['ISP1_Route', 'ISP1_Route']);
    expect(sets()).toEqual([SET, SET_IPV6, SET]);
  });

  it.each<[string, () => void, boolean, string]>([
    ['that went down meanwhile', () => sim.setLink('ISP1', false), false, 'ether1 of ISP1 is not running'],
    ['that was down', () => undefined, true, 'the WAN that it has left is down'],
  ])('does not take IPv4 back to a WAN %s', async (_, act, emergency, why) => {
    await begin(MASQUERADE);
    sim.faults.appliesTo = (command) => command === SET_IPV6;
    sim.faults.trap = 'failure: busy';
    afterIpv4(act);
    const told = await actuator.flip('ISP1', 'ISP2', { emergency });
    expect(told).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP2_Route' });
    expect(told.reason).toContain(why);
    expect(told.reason).toContain('IPv4 goes by ISP2_Route, IPv6 by ISP1_Route');
    expect(sets()).toEqual([SET, SET_IPV6]);
  });

  it.each(['closeMidReply', 'noReply'] as const)(
    'is looked at where the reply to its setting is lost: %s',
    async (fault) => {
      await begin(MASQUERADE);
      sim.faults.appliesTo = (command) => command === SET_IPV6;
      sim.faults[fault] = true;
      const told = await actuator.flip('ISP1', 'ISP2');
      expect(told).toMatchObject({ outcome: Outcome.CONFIRMED, ipv6AfterMark: 'ISP2_Route' });
      expect(told.reason).not.toBe('');
      expect(marks()).toEqual(['ISP2_Route', 'ISP2_Route']);
    },
  );

  it('is not set when somebody has just changed its rule, and IPv4 comes back', async () => {
    await begin(MASQUERADE);
    afterIpv4(() => setIpv6Rule({ 'new-routing-mark': 'vpn' }));
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP1_Route', ipv6AfterMark: 'vpn' });
    expect(told.reason).toContain('somebody else has just changed it to vpn');
    expect(sets()).toEqual([SET, SET]);
  });

  it('writes nothing more on a router that another Fairlead has taken meanwhile', async () => {
    await begin(MASQUERADE);
    afterIpv4(() => {
      for (const { id } of sim.config.addressList.items()) {
        if (sim.config.addressList.find(id)?.properties['list'] === 'fairlead-heartbeat')
          sim.config.addressList.remove(id);
      }
      sim.config.addressList.add({ list: 'fairlead-heartbeat', address: '192.0.2.250', comment: 'other' });
    });
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP2_Route' });
    expect(told.reason).toContain('another Fairlead steers this router: "other"');
    expect(sets()).toEqual([SET]);
  });

  it('is refused on RouterOS 6, and no menu of it is asked for', async () => {
    await begin(MASQUERADE, { version: '6.49.17' });
    const told = await actuator.flip('ISP1', 'ISP2');
    expect(told).toMatchObject({ outcome: Outcome.REFUSED });
    expect(told.reason).toContain('RouterOS 6 cannot steer IPv6');
    expect(sim.received.some(({ words }) => words[0]?.startsWith('/ipv6/'))).toBe(false);
  });
});

it.each<[Effect, number[], number[], number[]]>([
  [Effect.MOVED, [1, 9], [0, 5], [1, 14]],
  [Effect.NOT_MOVED, [1, 9], [5, 0], [6, 9]],
  [Effect.NOT_MOVED, [9, 1], [0, 5], [9, 6]],
  [Effect.MOVED, [1, 9], [0, 0], [1, 9]],
  [Effect.UNKNOWN, [0, 0], [0, 0], [0, 0]],
])('new connections have moved when those of both have, of what began: %s', (effect, ipv4, ipv6, both) => {
  const reading = (atMs: number, bound: number[], boundIpv6: number[]): TrafficReading => ({
    ...{ atMs, bound, boundIpv6, rxBytes: [0, 0], txBytes: [0, 0] },
  });
  const observed = judgeEffect(reading(0, [0, 0], [0, 0]), reading(1_000, ipv4, ipv6), {
    ...{ name: 'ISP2', position: 1 },
  });
  expect([observed.effect, observed.newConnections]).toEqual([effect, both]);
});
