import {
  generate,
  planChanges,
  showOperations,
  type SiteDescription,
  type Strategy,
} from '@fairlead/routeros-config';
import { afterEach, describe, expect, it } from 'vitest';
import { createRouterSim, type RouterSim } from './router-sim.ts';
import { steadyLoad } from './load.ts';
import { dualWan } from './testing/dual-wan.ts';

let sim: RouterSim;

afterEach(() => sim.stop());

/** A router that has what Fairlead generates for this strategy, with connections that come and go. */
function begin(strategy: Strategy, major: 6 | 7 = 7, given: Partial<SiteDescription> = {}): RouterSim {
  const nothing = { lists: new Map(), settings: new Map() };
  const [first, second] = dualWan.wans;
  const desired = generate({
    routerOs: { major, minor: 20 },
    strategy,
    wans: [
      { ...first, weight: 3, probe: 1 },
      { ...second, weight: 1, probe: 2 },
    ].map(({ capacity, probe, ...wan }) => ({
      ...wan,
      capacity: { rx: capacity.rxBps, tx: capacity.txBps },
      probeHosts: [`192.0.2.${probe}`, `192.0.2.${probe + 10}`] as const,
    })),
    lanNetworks: ['192.168.88.0/24'],
    connectedNetworks: ['192.168.88.0/24'],
    steeringComment: 'Load-Balancing here',
    ...given,
  });
  const routers = { ...nothing, lists: new Map([['/interface', [{ name: 'ether1' }, { name: 'ether2' }]]]) };
  const { operations, conflicts } = planChanges(desired, routers);
  expect(conflicts).toEqual([]);
  sim = createRouterSim({
    ...dualWan,
    version: `${major}.20`,
    configuration: showOperations(nothing, operations),
    load: steadyLoad(5e6),
  });
  return sim;
}

/** Connections that opened in the next seconds, by WAN. */
function opened(seconds: number): { ISP1: number; ISP2: number } {
  const count = { ISP1: 0, ISP2: 0 };
  sim.kernel.observe({
    opened: ({ wanIndex }) => (count[wanIndex === 1 ? 'ISP1' : 'ISP2'] += 1),
    linkChanged: () => undefined,
  });
  sim.advance(seconds * 1_000);
  return count;
}

describe('a router with what Fairlead generates', () => {
  it.each([6, 7] as const)(
    'steers by its one rule, and keeps connections where they began: RouterOS %i',
    (major) => {
      begin('balance', major);
      expect(opened(5).ISP2).toBe(0);
      const live = [...sim.kernel.connections()].filter(({ wanIndex }) => wanIndex === 1);
      sim.runScript(
        '/ip firewall mangle set [find comment="Load-Balancing here"] new-routing-mark=ISP2_Route',
      );
      expect(opened(1).ISP1).toBe(0);
      expect(live.every(({ wanIndex, rxBps, closed }) => wanIndex === 1 && (closed || rxBps > 0))).toBe(true);
    },
  );

  it.each(['pcc', 'nth'] as const)('spreads by weight: %s', (strategy) => {
    begin(strategy);
    const { ISP1, ISP2 } = opened(30);
    expect(ISP1 / (ISP1 + ISP2)).toBeGreaterThan(0.7);
    expect(ISP1 / (ISP1 + ISP2)).toBeLessThan(0.8);
  });

  it.each([6, 7] as const)(
    'steers by a rule for each part, which live connections do not feel, and falls back to its shares by itself: RouterOS %i',
    (major) => {
      begin('pcc', major, { parts: 4, deadMan: true });
      const shares = (): (string | undefined)[] =>
        [0, 1, 2, 3].map(
          (part) =>
            sim.config.mangle
              .items()
              .find(({ properties }) => properties['comment'] === `Load-Balancing here 4/${part}`)
              ?.properties['new-routing-mark'],
        );
      const safe = shares();
      expect(safe).toEqual(['ISP1_Route', 'ISP1_Route', 'ISP1_Route', 'ISP2_Route']);
      const { ISP1, ISP2 } = opened(30);
      expect(ISP1 / (ISP1 + ISP2)).toBeGreaterThan(0.7);
      expect(ISP1 / (ISP1 + ISP2)).toBeLessThan(0.8);
      const live = [...sim.kernel.connections()].filter(({ wanIndex }) => wanIndex === 1);
      for (const part of [0, 1, 2]) {
        sim.runScript(
          `/ip firewall mangle set [find comment="Load-Balancing here 4/${part}"] new-routing-mark=ISP2_Route`,
        );
      }
      sim.runScript('/ip firewall address-list add list=fairlead-heartbeat address=192.0.2.250 timeout=5m');
      const moved = opened(1);
      expect(moved.ISP1).toBe(0);
      expect(moved.ISP2).toBeGreaterThan(0);
      expect(live.length).toBeGreaterThan(0);
      expect(live.every(({ wanIndex }) => wanIndex === 1)).toBe(true);
      sim.advance(240_000);
      expect(new Set(shares())).toEqual(new Set(['ISP2_Route']));
      sim.advance(61_000);
      sim.advance(61_000);
      expect(shares()).toEqual(safe);
    },
  );

  it('leaves a WAN whose gateway answers while nothing behind it does, and comes back', () => {
    begin('failover');
    expect(opened(3)).toMatchObject({ ISP1: expect.toSatisfy((count) => count > 0) as number, ISP2: 0 });
    sim.setUpstream('ISP1', false);
    expect(opened(3).ISP1).toBe(0);
    sim.setUpstream('ISP1', true);
    expect(opened(3).ISP1).toBeGreaterThan(0);
  });

  it('does not notice a dead upstream where its routes only ask the gateway', () => {
    sim = createRouterSim({ ...dualWan, load: steadyLoad(5e6) });
    sim.setUpstream('ISP1', false);
    expect(opened(3)).toMatchObject({ ISP2: 0 });
    const before = sim.kernel.interfaces()[0]?.rxBytes;
    sim.advance(3_000);
    expect(sim.kernel.interfaces()[0]?.rxBytes).toBe(before);
  });

  it('counts from nothing again without a boot', () => {
    begin('balance');
    opened(3);
    const uptimeMs = sim.kernel.uptimeMs();
    sim.kernel.resetCounters();
    expect(sim.kernel.interfaces().map(({ rxBytes }) => rxBytes)).toEqual([0n, 0n, 0n]);
    expect(sim.kernel.uptimeMs()).toBe(uptimeMs);
  });

  it('falls back to the first WAN by itself while nobody renews the heartbeat', () => {
    begin('balance');
    sim.runScript(`/system scheduler add interval=1m name=dead-man on-event=":if ([:len [/ip firewall address-list find list=fairlead-heartbeat]] = 0) do={/ip firewall mangle set [find comment=\\"Load-Balancing here\\" new-routing-mark!=ISP1_Route] new-routing-mark=ISP1_Route}"
/ip firewall address-list add list=fairlead-heartbeat address=192.0.2.250 timeout=5m
/ip firewall mangle set [find comment="Load-Balancing here"] new-routing-mark=ISP2_Route`);
    const mark = (): string | undefined =>
      sim.config.mangle.items().find(({ properties }) => properties['comment'] === 'Load-Balancing here')
        ?.properties['new-routing-mark'];
    sim.advance(240_000);
    expect(mark()).toBe('ISP2_Route');
    sim.advance(61_000);
    sim.advance(61_000);
    expect(mark()).toBe('ISP1_Route');
  });
});
