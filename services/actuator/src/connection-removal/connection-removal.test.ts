import { Outcome } from '@fairlead/model';
import { idleLoad, type RouterSim } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openSteeredRouter,
  routerInventory,
  startActuator,
  type SteeredActuator,
} from '../../testing/steered-router.ts';

const REMOVE = '/ip/firewall/connection/remove';

let sim: RouterSim;
let actuator: SteeredActuator;
/** Connections of ISP1 and of ISP2, some hundred each; new ones are sent by ISP2 then. */
beforeEach(async () => {
  ({ sim } = await openSteeredRouter({}, { load: idleLoad(300) }));
  sim.advance(1_000);
  steerBy('ISP2_Route');
  sim.advance(1_000);
  expect([bound('Sticky_ISP1'), bound('Sticky_ISP2')]).toEqual([300, 300]);
});
afterEach(async () => {
  await actuator.stop();
  await sim.stop();
});

const bound = (mark: string): number =>
  [...sim.kernel.connections()].filter(({ connectionMark }) => connectionMark === mark).length;
function steerBy(mark: string): void {
  const rule = sim.config.mangle
    .items()
    .find(({ properties }) => properties['comment'] === 'Load-Balancing here');
  sim.config.mangle.set(rule?.id ?? '', { 'new-routing-mark': mark });
}
const begin = async (connectionRemoval?: object, mode = 'armed', instance = 'fairlead-1'): Promise<void> => {
  actuator = await startActuator(routerInventory(sim, {}, true, { connectionRemoval, mode }), { instance });
};
const ended = () => until('the removal is recorded', () => actuator.removals.length > 0);
const removes = (): readonly (readonly string[])[] =>
  sim.received.map(({ words }) => words).filter(([command]) => command === REMOVE);

describe('connections bound to a WAN that is down', () => {
  it('are removed at the rate, and no others', async () => {
    await begin({ perSecond: 120, atMost: 1_000 });
    const beganMs = performance.now();
    await actuator.tell('upstream-down', 'ISP1');
    await ended();
    expect(performance.now() - beganMs).toBeGreaterThan(2_000);
    expect(actuator.removals).toMatchObject([
      {
        ...{ outcome: Outcome.CONFIRMED, connectionMark: 'Sticky_ISP1', removed: 300, leftOver: 0 },
        reason: '300 connections with the mark Sticky_ISP1 were removed, 0 are left',
      },
    ]);
    expect([bound('Sticky_ISP1'), bound('Sticky_ISP2')]).toEqual([0, 300]);
    expect(actuator.events.map(({ kind, wan }) => `${wan} ${kind}`)).toEqual(['ISP1 connections-removed']);
    expect(removes().length).toBe(8);
  });

  it('are left when the WAN comes back in the middle', async () => {
    await begin({ perSecond: 50, atMost: 1_000 });
    await actuator.tell('upstream-down', 'ISP1');
    await until('it has begun', () => removes().length > 0);
    await actuator.tell('upstream-up', 'ISP1');
    await ended();
    const [removal] = actuator.removals;
    const left = bound('Sticky_ISP1');
    expect(left).toBeGreaterThan(0);
    expect(removal).toMatchObject({ outcome: Outcome.CONFIRMED, removed: 300 - left, leftOver: left });
    expect(removal?.reason).toContain('ISP1 is not known to be down any more');
  });

  it('are left over, counted and told of, beyond the limit', async () => {
    await begin({ perSecond: 1_000, atMost: 80 });
    await actuator.tell('upstream-down', 'ISP1');
    await ended();
    expect(actuator.removals).toMatchObject([{ outcome: Outcome.CONFIRMED, removed: 80, leftOver: 220 }]);
    expect(actuator.removals[0]?.reason).toContain('no more than 80 may be removed at a time');
  });

  it.each(['closeMidReply', 'noReply'] as const)('are read again when a reply is lost: %s', async (fault) => {
    await begin({ perSecond: 200, atMost: 1_000 });
    let isMet = false;
    sim.faults[fault] = true;
    sim.faults.appliesTo = (command) => {
      if (isMet || command !== REMOVE) return false;
      // Asked twice about a command: whether it is carried out, and whether it is answered.
      setImmediate(() => (isMet = true));
      return true;
    };
    await actuator.tell('upstream-down', 'ISP1');
    await ended();
    expect(actuator.removals).toMatchObject([{ outcome: Outcome.CONFIRMED, removed: 300, leftOver: 0 }]);
  });

  it('wait until new connections are sent elsewhere', async () => {
    steerBy('ISP1_Route');
    await begin({ perSecond: 1_000 });
    await actuator.tell('upstream-down', 'ISP1');
    await until('the rule was looked at', () =>
      sim.received.some(({ words }) => words.includes('?action=mark-routing')),
    );
    expect(removes()).toEqual([]);
    steerBy('ISP2_Route');
    await ended();
    expect(actuator.removals).toMatchObject([{ outcome: Outcome.CONFIRMED, removed: 300 }]);
  });

  it('stay where nobody asked for their removal', async () => {
    await begin(undefined);
    await actuator.tell('upstream-down', 'ISP1');
    await actuator.stop();
    expect([removes().length, actuator.removals.length]).toEqual([0, 0]);
  });

  it('stay where the router is only observed, and what would be done is recorded', async () => {
    await begin({ atMost: 100 }, 'observe');
    await until('the session', () => sim.received.length > 0);
    await actuator.tell('upstream-down', 'ISP1');
    await ended();
    expect(actuator.removals).toMatchObject([
      {
        outcome: Outcome.DRY_RUN,
        reason: 'armed, 100 of 300 connections with the mark Sticky_ISP1 would be removed',
        leftOver: 300,
      },
    ]);
    expect(removes()).toEqual([]);
  });

  it('stay when the news is old', async () => {
    await begin({});
    await actuator.tell('upstream-down', 'ISP1', Date.now() - 60_000);
    await ended();
    expect(actuator.removals).toMatchObject([{ outcome: Outcome.REFUSED }]);
    expect(actuator.events).toMatchObject([{ kind: 'connections-kept', wan: 'ISP1' }]);
    expect(removes()).toEqual([]);
  });

  it('stay at a change for load', async () => {
    await begin({});
    expect(await actuator.flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.CONFIRMED });
    await actuator.tell('threshold-above', 'ISP2');
    await actuator.stop();
    expect([removes().length, actuator.removals.length]).toEqual([0, 0]);
  });

  it('stay on a router that another Fairlead steers', async () => {
    await begin({}, 'armed', 'second');
    sim.config.addressList.add({ list: 'fairlead-heartbeat', address: '192.0.2.250', comment: 'first' });
    for (const { id, properties } of sim.config.addressList.items())
      if (properties['comment'] === 'second') sim.config.addressList.remove(id);
    await actuator.tell('upstream-down', 'ISP1');
    await ended();
    expect(actuator.removals).toMatchObject([{ outcome: Outcome.REFUSED, removed: 0, leftOver: 300 }]);
    expect(actuator.removals[0]?.reason).toContain('another Fairlead steers this router');
  });
});
