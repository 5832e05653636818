import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let sims: RouterSim[];
let child: FairleadProcess | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  sims = await Promise.all(
    ['one', 'two'].map(async (identity) => {
      const sim = createRouterSim({
        identity,
        wans: [1, 2].map((n) => ({
          name: `ISP${n}`,
          interface: `ether${n}`,
          capacity: { rxBps: 50e6, txBps: 10e6 },
          routingMark: `ISP${n}_Route`,
          gateway: `198.51.${99 + n}.1`,
        })),
        users: [{ name: 'viewer', password: 'p', policies: ['read', 'api'] }],
        load: noLoad,
      });
      await sim.start();
      return sim;
    }),
  );
});

afterEach(async () => {
  await child?.stop();
  for (const sim of sims) await sim.stop();
  folder.remove();
});

const loginsOf = (sim: RouterSim | undefined): number =>
  sim?.received.filter(({ words }) => words[0] === '/login').length ?? 0;

it('SIGHUP takes a router in, and a broken file changes nothing; the session of the other goes on', async () => {
  const file = join(folder.path, 'fairlead.yaml');
  const write = (more: string, ...names: number[]): void =>
    writeFileSync(
      file,
      `dataDirectory: ${folder.path}/data
http: { port: 0 }
routers:
${names.map((n) => `  - { name: gw${n}, site: s1, address: 127.0.0.1, api: { port: ${sims[n - 1]?.ports.api}, tls: false, user: viewer, password: p }, wans: [{ name: ISP1, interface: ether1, capacity: { rx: 50M, tx: 10M }, routingMark: ISP1_Route }] }`).join('\n')}
${more}`,
    );
  write('', 1);
  child = startFairlead(['run', '--config', file, '--services', 'routeros-collector']);
  const { url } = await untilRunning(join(folder.path, 'data'), child);
  await until('the first router is read', () => loginsOf(sims[0]) === 1);

  write('', 1, 2);
  process.kill(child.pid, 'SIGHUP');
  await until('the second router is read', () => loginsOf(sims[1]) === 1);

  write('colour: red', 1);
  process.kill(child.pid, 'SIGHUP');
  await until('the refusal', () => child?.stderr().includes('the new configuration is refused'));
  const read = async (): Promise<number> =>
    (await readMetrics(url)).get('fairlead_stored_total{service="routeros-collector",unit="polls"}') ?? 0;
  const before = await read();
  await until('readings go on', async () => (await read()) > before + 2);
  expect(sims.map(loginsOf)).toEqual([1, 1]);
  expect((await readMetrics(url)).get('fairlead_config_reloads_total{outcome="refused"}')).toBe(1);
});
