import type { RouterosSession } from '@fairlead/routeros';
import { requirement, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacle, type LabWan, SERVER } from './support/lab-network.ts';
import { type LabSite, openLabSite } from './support/lab-site.ts';

const programs = requirement('ip', 'nft', 'tc', 'ping', 'pgrep', 'snmpd', 'softflowd');
const obstacle = programs.met ? await labObstacle() : programs.reason;

const wans: readonly LabWan[] = [1, 2].map((n) => ({
  ...{ name: `ISP${n}`, interface: `ether${n}`, capacity: { rxBps: 8e6, txBps: 8e6 } },
  ...{ routingMark: `ISP${n}_Route`, gateway: `10.${n}.0.1` },
}));

describe('pings of RouterOS 6 with real packets', () => {
  let site: LabSite | undefined;
  let session: RouterosSession | undefined;

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    site = await openLabSite(wans, { version: '6.49.10' });
    session = await site.connect(['/ping']);
  });

  afterAll(() => site?.close());

  const through = (n: number, rest: Readonly<Record<string, string>>) => ({
    command: '/ping',
    attributes: { address: SERVER, interval: '500ms', 'routing-table': `ISP${n}_Route`, ...rest },
  });

  it('go by the routing table they name, and tell what was lost', async (ctx) => {
    if (!site || !session) return ctx.skip(obstacle);
    await site.network.setBlackHole('ISP1', true);
    const [first, second] = await Promise.all([
      session.execute(through(1, { count: '3' })),
      session.execute(through(2, { count: '3' })),
    ]);
    expect(first.records.map(({ seq, status, time }) => [seq, status, time])).toEqual(
      ['0', '1', '2'].map((seq) => [seq, 'timeout', undefined]),
    );
    expect(first.records.at(-1)).toMatchObject({ sent: '3', received: '0', 'packet-loss': '100' });
    expect(second.records.map(({ status }) => status)).toEqual(Array(3).fill(undefined));
    expect(second.records.at(-1)).toMatchObject({ sent: '3', received: '3', 'packet-loss': '0', ttl: '63' });
    const gateway = await session.execute(through(1, { address: '10.1.0.1', count: '1' }));
    expect(gateway.records).toMatchObject([{ host: '10.1.0.1', received: '1', ttl: '64' }]);
  });

  it('end on the router when they are cancelled', async (ctx) => {
    if (!site || !session) return ctx.skip(obstacle);
    const stream = session.stream(through(2, {}), { overflow: 'fail' });
    let answered = 0;
    for await (const { received } of stream) {
      answered = Number(received);
      if (answered === 3) break;
    }
    expect(answered).toBe(3);
    const { router } = site.network;
    await until('no ping runs on the router', async () => {
      const left = await router.run('sh', '-c', 'pgrep -x ping --ns $$ --nslist net || true');
      return left === '';
    });
  });
});
