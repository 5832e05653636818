import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createRouterSim, type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { netflow5 } from './support/netflow5.ts';
import {
  askStore,
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

const WANS = [
  {
    name: 'ISP1',
    interface: 'ether1',
    capacity: { rxBps: 50e6, txBps: 20e6 },
    routingMark: 'ISP1_Route',
    gateway: '198.51.100.1',
  },
  {
    name: 'ISP2',
    interface: 'ether2',
    capacity: { rxBps: 50e6, txBps: 20e6 },
    routingMark: 'ISP2_Route',
    gateway: '203.0.113.1',
  },
] as const;

describe('fairlead run among routers and datagrams that misbehave', () => {
  const folder = temporaryFolder();
  const dataDirectory = join(folder.path, 'data');
  const sims: Record<'good' | 'refusing' | 'cutting', RouterSim> = {
    good: simulate('good'),
    refusing: simulate('refusing'),
    cutting: simulate('cutting'),
  };
  let fairlead: FairleadProcess | undefined;
  let urls: { url: string; storeUrl: string };
  let netflowPort: number;

  beforeAll(async () => {
    for (const sim of Object.values(sims)) await sim.start();
    sims.refusing.faults.refuseLogin = true;
    sims.cutting.faults.closeMidReply = true;
    sims.cutting.faults.appliesTo = (command) => command === '/interface/print';
    netflowPort = await freeUdpPort();
    const router = (name: string, port: number): string => `
  - name: ${name}
    site: lab
    address: 127.0.0.1
    api: { port: ${port}, tls: false, user: watcher, password: "\${PASSWORD}" }
    wans:
      - { name: ISP1, interface: ether1, capacity: { rx: 50M, tx: 20M }, routingMark: ISP1_Route }
      - { name: ISP2, interface: ether2, capacity: { rx: 50M, tx: 20M }, routingMark: ISP2_Route }
    steering: {}`;
    const config = join(folder.path, 'fairlead.yaml');
    writeFileSync(
      config,
      `dataDirectory: ${dataDirectory}
http: { port: 0 }
store: { kind: embedded, http: { port: 0 } }
netflow: { port: ${netflowPort} }
syslog: { port: 0 }
routers:${router('good', sims.good.ports.api)}${router('refusing', sims.refusing.ports.api)}${router('cutting', sims.cutting.ports.api)}${router('dead', await closedTcpPort())}
`,
    );
    fairlead = startFairlead(['run', '--config', config], { env: { PASSWORD: 'correct horse' } });
    urls = await untilRunning(dataDirectory, fairlead);
  });

  afterAll(async () => {
    await fairlead?.stop();
    for (const sim of Object.values(sims)) await sim.stop();
    folder.remove();
  });

  it('reports each of them as an event with the reason', async () => {
    const events = await until('an event of each bad router', async () => {
      const rows = await askStore<{ router: string; kind: string; message: string }>(
        urls.storeUrl,
        'SELECT router, kind, any(message) AS message FROM wan_events GROUP BY router, kind ORDER BY router, kind',
      );
      const kindOf = (router: string): string[] =>
        rows.filter((row) => row.router === router).map((row) => row.kind);
      return kindOf('dead').length > 0 &&
        kindOf('refusing').length > 0 &&
        kindOf('cutting').includes('router-unreachable')
        ? rows
        : undefined;
    });
    const kinds = events.map(({ router, kind }) => `${router} ${kind}`);
    expect(kinds).toContain('dead router-unreachable');
    expect(kinds).toContain('refusing router-login-refused');
    expect(kinds).toContain('cutting router-unreachable');
    expect(kinds.filter((kind) => kind.startsWith('good') && /unreachable|refused/.test(kind))).toEqual([]);
    expect(JSON.stringify(events)).not.toContain('correct horse');
  });

  it('backs off instead of hammering: attempts are counted in single figures after ten seconds', async () => {
    const logins = (sim: RouterSim): number =>
      sim.received.filter(({ words }) => words[0] === '/login').length;
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect(logins(sims.refusing)).toBeGreaterThan(0);
    expect(logins(sims.refusing)).toBeLessThan(10);
    expect(logins(sims.cutting)).toBeLessThan(15);
  });

  it('goes on reading the good router each second', async () => {
    const [row] = await askStore<{ n: string; usual: number }>(
      urls.storeUrl,
      // A machine that is busy with other tests may cost a reading; bad routers would cost one after the other.
      `SELECT count() AS n, quantileExact(0.8)(gap) AS usual FROM (
         SELECT toUnixTimestamp64Milli(time) - lagInFrame(toUnixTimestamp64Milli(time), 1, toUnixTimestamp64Milli(time)) OVER (ORDER BY time) AS gap
         FROM counters WHERE router = 'good' AND interface = 'ether1')`,
    );
    expect(Number(row?.n)).toBeGreaterThan(8);
    expect(Number(row?.usual)).toBeLessThan(3_000);
  });

  it('counts a malformed datagram by its reason and decodes the next one', async () => {
    const socket = createSocket('udp4');
    const send = async (datagram: Uint8Array): Promise<void> => {
      socket.send(datagram, netflowPort, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await send(Buffer.from('0009000100000000', 'hex'));
    await send(Buffer.from('00630001', 'hex'));
    await send(zeroLengthFlowSet());
    await send(netflow5('192.0.2.10', '198.51.100.20', 4_321));
    socket.close();
    const rows = await until('the good flow is stored', async () => {
      const found = await askStore<{ src: string; bytes: string }>(
        urls.storeUrl,
        'SELECT toString(src_address) AS src, bytes FROM flows WHERE version = 5',
      );
      return found.length > 0 ? found : undefined;
    });
    expect(rows.map(({ src, bytes }) => `${src.replace('::ffff:', '')} ${bytes}`)).toEqual([
      '192.0.2.10 4321',
    ]);

    const metrics = await readMetrics(urls.url);
    const sum = (prefix: string): number =>
      [...metrics].filter(([key]) => key.startsWith(prefix)).reduce((total, [, value]) => total + value, 0);
    const service = 'service="flow-decoder",unit="datagrams"';
    expect(sum(`fairlead_received_total{${service}`)).toBe(4);
    expect(sum(`fairlead_decoded_total{${service}`) + sum(`fairlead_dropped_total{${service}`)).toBe(4);
    expect(sum('fairlead_netflow_problems_total')).toBeGreaterThanOrEqual(3);
  });
});

function simulate(identity: string): RouterSim {
  return createRouterSim({
    identity,
    wans: WANS,
    users: [{ name: 'watcher', password: 'correct horse', policies: ['read', 'api'] }],
    load: steadyLoad(10e6),
  });
}

async function closedTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  return address.port;
}

/** A v9 header and a flow set that claims a length of 0. */
function zeroLengthFlowSet(): Buffer {
  const datagram = Buffer.alloc(24);
  datagram.writeUInt16BE(9, 0);
  datagram.writeUInt16BE(1, 2);
  return datagram;
}
