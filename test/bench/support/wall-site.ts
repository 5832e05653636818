import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterSim, type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { freeUdpPort } from '@fairlead/testkit';
import { startFairlead, untilRunning } from '../../e2e/support/fairlead-process.ts';

const ROUTERS = 2;
const WANS_OF_ROUTER = 6;
const USER = { name: 'fairlead', password: 'simulated' };

/** `fairlead run` as one process on simulated routers that it reads by the RouterOS API over TLS. */
export async function openWallSite(
  home: string,
  { wallboard, intervalMs }: { readonly wallboard: string; readonly intervalMs: number },
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const sims = await Promise.all(Array.from({ length: ROUTERS }, startRouter));
  const dataDirectory = join(home, 'data');
  mkdirSync(dataDirectory);
  const config = {
    dataDirectory,
    logLevel: 'warn',
    http: { port: 0 },
    store: { kind: 'embedded', http: { port: 0 } },
    netflow: { port: await freeUdpPort() },
    syslog: { port: await freeUdpPort() },
    live: { wallboard },
    routers: sims.map((sim, i) => ({
      ...{ name: `gw${i + 1}`, site: 'kirnak', address: '127.0.0.1' },
      api: {
        ...{ port: sim.ports.apiTls, tls: { fingerprint: sim.fingerprint256 } },
        ...{ user: USER.name, password: USER.password, intervalMs },
      },
      wans: wans.map(({ name, interface: port, routingMark }) => ({
        ...{ name, interface: port, routingMark, capacity: { rx: '50M', tx: '20M' } },
      })),
      steering: {},
    })),
  };
  const file = join(home, 'fairlead.yaml');
  writeFileSync(file, JSON.stringify(config));
  const child = startFairlead(['run', '--config', file]);
  const stop = async (): Promise<void> => {
    await child.stop();
    for (const sim of sims) await sim.stop();
  };
  try {
    const { url } = await untilRunning(dataDirectory, child);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const wans = Array.from({ length: WANS_OF_ROUTER }, (_, i) => ({
  ...{ name: `ISP${i + 1}`, interface: `ether${i + 1}`, routingMark: `ISP${i + 1}_Route` },
  ...{ capacity: { rxBps: 50e6, txBps: 20e6 }, gateway: `198.51.100.${i + 1}` },
}));

async function startRouter(): Promise<RouterSim> {
  const sim = createRouterSim({
    wans,
    users: [{ ...USER, policies: ['read', 'write', 'api'] }],
    load: steadyLoad(20e6),
  });
  await sim.start();
  return sim;
}
