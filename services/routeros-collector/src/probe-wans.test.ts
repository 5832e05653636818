import { inventorySchema, systemClock } from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { openRouterSession, type RouterosSession } from '@fairlead/routeros';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { readCommands } from './commands.ts';
import type { ApiRouter } from './poll-router.ts';
import { createWanProber, type WanProber } from './probe-wans.ts';

const V7 = '7.20.1 (stable)';
const wans = ['1', '2'].map((n, i) => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  routingMark: `ISP${n}_Route`,
  capacity: { rxBps: 50e6, txBps: 10e6 },
  gateway: `198.51.${100 + i}.1`,
}));
const hostsOf = (i: number): [string, string] => [`9.9.9.${i + 1}`, `8.8.8.${i + 1}`];

let close = async (): Promise<void> => undefined;
afterEach(() => close());

interface Bench {
  readonly sim: RouterSim;
  readonly prober: WanProber;
  readonly warnings: readonly string[];
  /** Begins what is due and lets time pass until that many rounds are over: how each ended. */
  rounds(count: number): Promise<readonly string[]>;
}

async function open(
  version: string,
  { policies = ['read', 'api', 'test'], hosts = [0, 1], routed = [0, 1] } = {},
): Promise<Bench> {
  const sim = createRouterSim({
    ...{ wans, version, load: noLoad, time: 'virtual' },
    users: [{ name: 'u', password: 'p', policies: policies as ['read'] }],
  });
  await sim.start();
  for (const i of routed) {
    for (const host of hostsOf(i)) {
      sim.config.route.add({
        ...{ 'dst-address': `${host}/32`, gateway: `198.51.${100 + i}.1`, 'routing-table': 'main' },
        ...{ scope: '10', distance: '1' },
      });
    }
  }
  const [router] = inventorySchema.parse([
    {
      ...{ name: 'gw1', site: 's1', address: '127.0.0.1' },
      api: { port: sim.ports.api, tls: false, user: 'u', password: 'p', probeIntervalMs: 1_000 },
      wans: wans.map(({ gateway: _, ...wan }, i) => ({
        ...{ ...wan, capacity: { rx: '50M', tx: '10M' } },
        ...(hosts.includes(i) && { probeHosts: hostsOf(i) }),
      })),
    },
  ]) as ApiRouter[];
  if (!router) throw new Error('no router');
  const session: RouterosSession = await openRouterSession(router, {
    allow: readCommands,
    timeoutMs: 20_000,
  });
  close = async () => {
    await session.close();
    await sim.stop();
  };
  const ended: string[] = [];
  const warnings: string[] = [];
  let nowMs = 0;
  const prober = createWanProber(session, router, {
    clock: { ...systemClock, monotonicMs: () => nowMs },
    timeoutMs: 20_000,
    warn: (message) => warnings.push(message),
    probes: {
      received: () => undefined,
      decoded: () => undefined,
      stored: () => ended.push('known'),
      dropped: (reason) => ended.push(reason),
    },
  });
  return {
    ...{ sim, prober, warnings },
    async rounds(count) {
      ended.length = 0;
      nowMs += 1_000;
      prober.begin(version);
      await until('the rounds', () => {
        sim.advance(500);
        return ended.length >= count;
      });
      return ended;
    },
  };
}

const answered = { sent: 3, answered: 3, rttMs: 12 };
const lost = { sent: 3, answered: 0, rttMs: undefined };

describe.each([V7, '6.49.10 (long-term)'])('pings through the WANs of RouterOS %s', (version) => {
  it('see a dead upstream behind a live gateway, and its recovery, and not that of another WAN', async () => {
    const { sim, prober, rounds } = await open(version);
    expect(await rounds(2)).toEqual(['known', 'known']);
    expect([prober.take('ether1'), prober.take('ether2')]).toEqual([answered, answered]);
    expect(prober.take('ether1')).toBeUndefined();
    sim.setUpstream('ISP1', false);
    await rounds(2);
    expect([prober.take('ether1'), prober.take('ether2')]).toEqual([lost, answered]);
    sim.setUpstream('ISP1', true);
    sim.setUpstream('ISP2', false);
    await rounds(2);
    expect([prober.take('ether1'), prober.take('ether2')]).toEqual([answered, lost]);
  });

  it('are not sent without hosts to ask, and not while a round is under way', async () => {
    const { sim, prober, rounds } = await open(version, { hosts: [1] });
    expect(await rounds(1)).toEqual(['known']);
    expect([prober.take('ether1'), prober.take('ether2')]).toEqual([undefined, answered]);
    const asked = (): number => sim.received.filter(({ words }) => words[0] === '/ping').length;
    const before = asked();
    prober.begin('');
    prober.begin(undefined);
    const more = rounds(1);
    prober.begin(version);
    await more;
    expect(asked() - before).toBe(2);
  });

  it('count what is lost on the way, by the host that answers more', async () => {
    const { sim, prober, rounds } = await open(version, { hosts: [0] });
    let number = 0;
    // The first of one host, and the first two of the other.
    sim.faults.losePing = () => [1, 2, 3].includes((number += 1));
    await rounds(1);
    expect(prober.take('ether1')).toEqual({ sent: 3, answered: 2, rttMs: 12 });
  });

  it('end with one warning where the user may not ping', async () => {
    const { sim, warnings, rounds, prober } = await open(version, { policies: ['read', 'api'] });
    expect(await rounds(2)).toEqual(['not-permitted', 'not-permitted']);
    expect(warnings).toEqual(['WANs are not probed: the user of the API lacks the policy test']);
    const before = sim.received.length;
    prober.begin(version);
    expect(sim.received.length).toBe(before);
  });
});

it('RouterOS 7 is not asked for hosts without a route of their own, of which it would know nothing', async () => {
  const { sim, prober, rounds } = await open(V7, { routed: [0] });
  expect([...(await rounds(2))].sort()).toEqual(['known', 'no-route']);
  expect(prober.take('ether1')).toEqual(answered);
  expect(prober.take('ether2')).toBeUndefined();
  expect(sim.received.filter(({ words }) => words.includes('=interface=ether2'))).toEqual([]);
});
