import { Outcome } from '@fairlead/model';
import type { RouterSim } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  markOf,
  openSteeredRouter,
  startActuator,
  type SteeredActuator,
  type SteeredRouterSim,
} from '../testing/index.ts';

const SET = '/ip/firewall/mangle/set';

let router: SteeredRouterSim;
let sim: RouterSim;
let actuator: SteeredActuator;
beforeEach(async () => {
  router = await openSteeredRouter();
  sim = router.sim;
  actuator = await startActuator(router.inventory);
});
afterEach(async () => {
  await actuator.stop();
  await sim.stop();
});

const flip: SteeredActuator['flip'] = (...decision) => actuator.flip(...decision);
const writes = (): number => sim.received.filter(({ words }) => words[0] === SET).length;

describe('against the simulated router, over TLS', () => {
  it('flips there and back', async () => {
    expect(await flip('ISP1', 'ISP2')).toMatchObject({
      outcome: Outcome.CONFIRMED,
      beforeMark: 'ISP1_Route',
      afterMark: 'ISP2_Route',
    });
    expect(markOf(sim)).toBe('ISP2_Route');
    expect(await flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: 'ISP1_Route' });
    expect(new Set(sim.received.map(({ session }) => session))).toEqual(new Set([1]));
  });

  it('does not flip to a WAN that is down', async () => {
    sim.setLink('ISP2', false);
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.REFUSED });
    expect([markOf(sim), writes()]).toEqual(['ISP1_Route', 0]);
  });

  it.each(['missing', 'doubled'] as const)('does not write when the rule is %s', async (steeringRule) => {
    sim.faults.steeringRule = steeringRule;
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.REFUSED });
    expect(writes()).toBe(0);
  });

  it.each(['closeMidReply', 'noReply'] as const)(
    'reads what became of a change whose reply is lost: %s',
    async (fault) => {
      sim.faults.appliesTo = (command) => command === SET;
      sim.faults[fault] = true;
      expect(await flip('ISP1', 'ISP2')).toMatchObject({
        outcome: Outcome.CONFIRMED,
        afterMark: 'ISP2_Route',
      });
      expect([markOf(sim), writes()]).toEqual(['ISP2_Route', 1]);
    },
  );

  it('says that a change failed when the router ended the session instead', async () => {
    sim.faults.appliesTo = (command) => command === SET;
    sim.faults.fatal = 'out of memory';
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP1_Route' });
    expect(markOf(sim)).toBe('ISP1_Route');
  });

  it('yields to another Fairlead that is armed for the same router, until that is gone', async () => {
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.CONFIRMED });
    const second = await startActuator(router.inventory, { instance: 'fairlead-2' });
    try {
      expect(await second.flip('ISP2', 'ISP1')).toMatchObject({
        outcome: Outcome.REFUSED,
        beforeMark: 'ISP2_Route',
        reason: 'another Fairlead steers this router: "fairlead-1"',
      });
      await until('it says so', () => second.events.some(({ kind }) => kind === 'steering-contested'));
      expect(await flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.CONFIRMED });
      await actuator.stop();
      sim.advance(301_000);
      expect(await second.flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.CONFIRMED });
      expect(markOf(sim)).toBe('ISP2_Route');
    } finally {
      await second.stop();
    }
  });

  it('holds the router before there is a decision', async () => {
    await until('the heartbeat', () => sim.config.addressList.items().length === 1);
    expect(sim.config.addressList.items()[0]?.properties).toMatchObject({
      list: 'fairlead-heartbeat',
      comment: 'fairlead-1',
    });
  });
});
