import { describe, expect, it } from 'vitest';
import { demoLoad, steadyLoad, type ConnectionKind } from '../load.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import type { ConnectionReading, InterfaceReading } from './kernel.ts';

const long: ConnectionKind = {
  name: 'long',
  protocol: 'tcp',
  serverPort: 443,
  rxBps: 1e6,
  txBps: 1e5,
  durationMs: 600_000,
  spread: 0,
};
const tenAtOnce = {
  phases: [{ durationMs: 3_600_000, arrivals: [{ kind: long, perSecond: 10, pattern: 'paced' as const }] }],
};

function rule(sim: RouterSim, comment = 'Load-Balancing here'): string {
  return sim.config.mangle.items().find(({ properties }) => properties['comment'] === comment)?.id ?? '';
}

function reading(sim: RouterSim, name: string): InterfaceReading {
  const found = sim.kernel.interfaces().find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no interface ${name}`);
  return { ...found };
}

const connections = (sim: RouterSim): ConnectionReading[] => [...sim.kernel.connections()];
const rxBits = (sim: RouterSim, name: string): number => Number(reading(sim, name).rxBytes) * 8;

describe('model kernel', () => {
  it('moves only new connections when the mark flips, and keeps the others where they are', () => {
    const sim = createRouterSim({ ...dualWan, load: tenAtOnce });
    sim.advance(2_000);
    const before = connections(sim);
    expect(before.map(({ wanIndex }) => wanIndex)).toEqual(before.map(() => 1));

    sim.config.mangle.set(rule(sim), { 'new-routing-mark': 'ISP2_Route' });
    sim.advance(2_000);

    const after = connections(sim);
    const old = after.filter(({ id }) => id <= before.length);
    const fresh = after.filter(({ id }) => id > before.length);
    expect(old).toHaveLength(before.length);
    expect(old.every((c) => c.wanIndex === 1 && c.connectionMark === 'Sticky_ISP1' && c.rxBps > 0)).toBe(
      true,
    );
    expect(fresh.length).toBeGreaterThan(10);
    expect(fresh.every((c) => c.wanIndex === 2 && c.connectionMark === 'Sticky_ISP2')).toBe(true);
  });

  it('counts on an interface what its connections transferred, and the mirror of it on the LAN', () => {
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(30e6) });
    const all = new Map<number, ConnectionReading>();
    sim.kernel.observe({
      opened: (connection) => void all.set(connection.id, connection),
      linkChanged: () => undefined,
    });
    sim.advance(30_000);
    const sum = (property: 'rxBytes' | 'txBytes' | 'rxPackets' | 'txPackets'): bigint =>
      [...all.values()].reduce((total, connection) => total + BigInt(connection[property]), 0n);
    const wan = reading(sim, 'ether1');
    const lan = reading(sim, 'bridge-lan');
    expect([...all.values()].filter(({ closed }) => closed).length).toBeGreaterThan(100);
    for (const property of ['rxBytes', 'txBytes', 'rxPackets', 'txPackets'] as const) {
      expect(wan[property]).toBe(sum(property));
    }
    expect([lan.txBytes, lan.rxBytes, lan.txPackets, lan.rxPackets]).toEqual([
      wan.rxBytes,
      wan.txBytes,
      wan.rxPackets,
      wan.txPackets,
    ]);
    // The load was 30 Mbit/s; 30 s hold a little less, because the first connections had to come first.
    expect(rxBits(sim, 'ether1') / 30 / 1e6).toBeGreaterThan(25);
    expect(rxBits(sim, 'ether1') / 30 / 1e6).toBeLessThan(32);
  });

  it('never carries more than the line does', () => {
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(200e6) });
    sim.advance(10_000);
    const before = rxBits(sim, 'ether1');
    sim.advance(10_000);
    // Whole packets: what is due but not yet carried differs a little from one moment to the next.
    const share = (rxBits(sim, 'ether1') - before) / 500e6;
    expect(share).toBeGreaterThan(0.99);
    expect(share).toBeLessThan(1.005);
  });

  it('counts first packets on the steering rule and the rest on the sticky rule', () => {
    const sim = createRouterSim({ ...dualWan, load: tenAtOnce });
    sim.advance(10_000);
    const opened = connections(sim);
    const sticky = sim.config.mangle
      .items()
      .find((item) => item.properties['connection-mark'] === 'Sticky_ISP1')?.id;
    expect(sim.kernel.ruleCounters(rule(sim))).toEqual({ bytes: 60 * opened.length, packets: opened.length });
    expect(sim.kernel.ruleCounters(sticky ?? '')).toEqual({
      bytes: opened.reduce((sum, { txBytes }) => sum + txBytes, 0),
      packets: opened.reduce((sum, { txPackets }) => sum + txPackets, 0),
    });
  });

  it('drops the connections of a link that goes down; new ones take the other WAN through table main', () => {
    const sim = createRouterSim({ ...dualWan, load: tenAtOnce });
    sim.advance(1_000);
    sim.setLink('ISP1', false);
    expect(connections(sim)).toEqual([]);
    const before = reading(sim, 'ether1');
    sim.advance(1_000);
    expect(reading(sim, 'ether1')).toEqual(before);
    expect(before).toMatchObject({ running: false, linkDowns: 1, lastDownMs: 1_000 });
    const moved = connections(sim);
    expect(moved.length).toBeGreaterThan(5);
    expect(moved.every(({ wanIndex }) => wanIndex === 2)).toBe(true);

    sim.setLink('ISP1', true);
    sim.advance(1_000);
    expect(connections(sim).some(({ wanIndex }) => wanIndex === 1)).toBe(true);
  });

  it('sends connections by table main when the steering rule is gone', () => {
    const sim = createRouterSim({ ...dualWan, load: tenAtOnce });
    sim.config.mangle.set(rule(sim), { 'new-routing-mark': 'ISP2_Route' });
    sim.faults.steeringRule = 'missing';
    sim.advance(1_000);
    expect(connections(sim).every((c) => c.wanIndex === 1 && c.connectionMark === 'LAN->WAN')).toBe(true);
  });

  it('gives the same traffic for the same seed, and other traffic for another', () => {
    const run = (seed: number): unknown => {
      const sim = createRouterSim({ ...dualWan, load: demoLoad(), seed });
      sim.advance(20_000);
      return [reading(sim, 'ether1'), connections(sim)];
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('counts beyond 2^53', () => {
    const first = 2n ** 63n + 1n;
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(10e6), firstCounterValue: first });
    sim.advance(1_000);
    expect(reading(sim, 'ether1').rxBytes).toBeGreaterThan(first);
    expect(reading(sim, 'ether1').rxBytes - first).toBeLessThan(2_000_000n);
  });

  it('begins again after a reboot', () => {
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(10e6), firstCounterValue: 5n });
    sim.advance(5_000);
    sim.reboot();
    expect(sim.kernel.uptimeMs()).toBe(0);
    expect(connections(sim)).toEqual([]);
    expect(reading(sim, 'ether1')).toMatchObject({ rxBytes: 0n, txBytes: 0n, rxPackets: 0n });
  });
});

describe('demo load', () => {
  /** The rule of the presentation, with 3 of 5 samples of a second and a dwell. */
  function steer(seed: number, seconds: number): string[] {
    const sim = createRouterSim({ ...dualWan, load: demoLoad(50e6), seed });
    const changes: string[] = [];
    let shares: number[] = [];
    let last = 0;
    let changedAt = -Infinity;
    for (let second = 1; second <= seconds; second += 1) {
      sim.advance(1_000);
      const now = rxBits(sim, 'ether1');
      shares = [...shares, (now - last) / 50e6].slice(-5);
      last = now;
      if (second - changedAt < 15) continue;
      const away = changes.length % 2 === 1;
      const breached = shares.filter((share) => (away ? share < 0.6 : share > 0.8)).length >= 3;
      if (!breached) continue;
      const mark = away ? 'ISP1_Route' : 'ISP2_Route';
      sim.config.mangle.set(rule(sim), { 'new-routing-mark': mark });
      changes.push(`${mark} at ${second}`);
      changedAt = second;
    }
    return changes;
  }

  it.each([1, 2, 3])('crosses the limit within 25 s and comes back within 100 s (seed %i)', (seed) => {
    const changes = steer(seed, 105).map((change) => change.split(' at '));
    expect(changes.map(([mark]) => mark)).toEqual(['ISP2_Route', 'ISP1_Route']);
    expect(Number(changes[0]?.[1])).toBeLessThanOrEqual(25);
    expect(Number(changes[1]?.[1])).toBeLessThanOrEqual(70);
  });
});
