import { requirement } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWebServer, WEB_PORT } from './support/browsing.ts';
import { connectionWans } from './support/downloads.ts';
import { labObstacle, type LabWan, SERVER } from './support/lab-network.ts';
import { type LabSite, openLabSite } from './support/lab-site.ts';
import { measured } from './support/measured.ts';

const programs = requirement('ip', 'nft', 'tc', 'conntrack', 'snmpd', 'softflowd', 'curl', 'python3', 'ss');
const obstacle = programs.met ? await labObstacle() : programs.reason;

const wans: readonly LabWan[] = [1, 2].map((n) => ({
  ...{
    name: `ISP${n}`,
    interface: `ether${n}`,
    capacity: { rxBps: 50e6, txBps: 50e6 },
    weight: n === 1 ? 3 : 1,
  },
  ...{ routingMark: `ISP${n}_Route`, gateway: `10.${n}.0.1`, probeHosts: [`9.9.9.${n}`, `8.8.8.${n}`] },
}));
const PAGES = 64;

describe('a bare router that fairlead apply has set up to spread connections three to one', () => {
  let site: LabSite | undefined;
  let removeFiles = (): void => undefined;

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    site = await openLabSite(wans, { configuration: '' });
    ({ removeFiles } = await startWebServer(site.network));
  });

  afterAll(async () => {
    await site?.close();
    removeFiles();
  });

  /** How many of connections to as many servers, one after the other, went by each WAN. */
  async function spread({ network }: LabSite): Promise<Readonly<Record<string, number>>> {
    await network.router.run('conntrack', '-F');
    const servers = SERVER.replace(/\d+$/, `[1-${PAGES}]`);
    const url = `http://${servers}:${WEB_PORT}/file`;
    await network.lan.run('curl', '-sf', '-m', '20', '-o', '/dev/null', url);
    const used = await connectionWans(network, wans);
    const count = (name: string): number => used.filter(({ wan }) => wan === name).length;
    return { ISP1: count('ISP1'), ISP2: count('ISP2') };
  }

  it('by the hash of their addresses', async (ctx) => {
    if (!site) return ctx.skip(obstacle);
    await site.apply('pcc');
    const { ISP1 = 0, ISP2 = 0 } = await spread(site);
    measured({
      ...{ name: 'by the first WAN of 64 connections, PCC 3:1', value: ISP1, unit: 'connections' },
      ...{ peer: 'three quarters', peerValue: (PAGES * 3) / 4 },
    });
    expect(ISP1 + ISP2).toBe(PAGES);
    // Three quarters, give or take what a hash of 64 addresses may.
    expect(ISP1).toBeGreaterThanOrEqual(40);
    expect(ISP1).toBeLessThanOrEqual(56);
  });

  it('and in turn, when it is changed to that', async (ctx) => {
    if (!site) return ctx.skip(obstacle);
    await site.apply('nth');
    expect(await spread(site)).toEqual({ ISP1: (PAGES * 3) / 4, ISP2: PAGES / 4 });
  });
});
