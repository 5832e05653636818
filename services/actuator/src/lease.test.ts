import { connectRouteros, type RouterosSession } from '@fairlead/routeros';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actuatorCommands } from './commands.ts';
import { readLease, takeLease } from './lease.ts';

const mine = { holder: 'mine', seconds: 300 };
const theirs = { holder: 'theirs', seconds: 300 };

let sim: RouterSim;
let session: RouterosSession;
beforeEach(async () => {
  sim = createRouterSim({
    wans: ['1', '2'].map((n) => ({
      name: `ISP${n}`,
      interface: `ether${n}`,
      capacity: { rxBps: 50e6, txBps: 10e6 },
      routingMark: `ISP${n}_Route`,
      gateway: `198.51.10${n}.1`,
    })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api'] }],
    load: noLoad,
    time: 'virtual',
  });
  await sim.start();
  session = await connectRouteros({
    host: '127.0.0.1',
    port: sim.ports.apiTls,
    tls: { fingerprint: sim.fingerprint256 },
    user: 'lbctl',
    password: 'p',
    allow: actuatorCommands(false),
    timeoutMs: 2_000,
  });
});
afterEach(async () => {
  await session.close();
  await sim.stop();
});

const take = async (lease: typeof mine): Promise<string | undefined> =>
  takeLease(session, await readLease(session), lease);
const holders = async (): Promise<(string | undefined)[]> =>
  (await readLease(session)).map((entry) => entry['comment']);
const advance = (seconds: number): void => sim.advance(seconds * 1_000);

describe('the lease of a router', () => {
  it('is one entry that renewing replaces, and is never away meanwhile', async () => {
    const counts: number[] = [];
    sim.config.addressList.onChange(() => counts.push(sim.config.addressList.items().length));
    for (let beat = 0; beat < 4; beat += 1) {
      expect(await take(mine)).toBeUndefined();
      advance(60);
      expect(await holders()).toEqual(['mine']);
    }
    expect(Math.min(...counts)).toBe(1);
  });

  it('is refused to another until it has run out', async () => {
    await take(mine);
    advance(60);
    await take(mine);
    expect(await take(theirs)).toBe('mine');
    advance(299);
    expect(await take(theirs)).toBe('mine');
    advance(2);
    expect(await take(theirs)).toBeUndefined();
    expect(await take(mine)).toBe('theirs');
  });

  it('goes to one of two that saw nobody', async () => {
    const seen = await readLease(session);
    const ends = await Promise.all([takeLease(session, seen, mine), takeLease(session, seen, theirs)]);
    expect(ends).toEqual([undefined, 'mine']);
    expect(await holders()).toEqual(['mine']);
  });

  it('is tidied when a renewal was cut short', async () => {
    await take(mine);
    sim.config.addressList.add({ list: 'fairlead-heartbeat', address: '192.0.2.251', comment: 'mine' });
    expect(await take(mine)).toBeUndefined();
    expect(await holders()).toEqual(['mine']);
  });
});
