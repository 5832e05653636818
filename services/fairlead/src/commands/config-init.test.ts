import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { capturesFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli.ts';
// Knows every service: on a busy machine loading it takes longer than a test may.
import './config-check.ts';

const captures = capturesFolder();
const PASSWORD = 'correct horse';
let folder: string;
let file: string;
let sim: RouterSim | undefined;
let told = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-init-'));
  file = join(folder, 'fairlead.yaml');
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  vi.stubEnv('FAIRLEAD_ROUTER_PASSWORD', PASSWORD);
  vi.stubEnv('GW_1_PASSWORD', PASSWORD);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await sim?.stop();
  sim = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function startRouter(version: string): Promise<RouterSim> {
  const wan = (n: number, gateway: string) => ({
    ...{ name: `ISP${n}`, interface: `ether${n}`, routingMark: `ISP${n}_Route`, gateway },
    capacity: { rxBps: 40e6, txBps: 10e6 },
  });
  sim = createRouterSim({
    version,
    identity: 'GW 1',
    wans: [wan(1, '192.0.2.1'), wan(2, '198.18.0.1')],
    users: [{ name: 'fairlead', password: PASSWORD, policies: ['read', 'api'] }],
    load: noLoad,
  });
  await sim.start();
  return sim;
}

const init = (...args: readonly string[]): Promise<number> => runCli(['config', 'init', file, ...args]);

describe('fairlead config init', () => {
  it.each(['6.49.18', '7.20'])(
    'says of a router with RouterOS %s all but what only a person knows',
    async (version) => {
      const { ports, fingerprint256 } = await startRouter(version);
      const port = String(ports.apiTls);
      expect(await init('--router', '127.0.0.1', '--port', port, '--fingerprint', fingerprint256)).toBe(0);
      const text = await readFile(file, 'utf8');
      expect(text).toContain('rule: "Load-Balancing here"');
      expect(text).toMatch(/ISP1\n +interface: "ether1"\n.*\n +routingMark: "ISP1_Route"/);
      expect(text).not.toContain(PASSWORD);
      expect(await runCli(['config', 'check', file])).toBe(2);
      expect(told).toMatch(/capacity\.rx: expected a rate/);
      await writeFile(file, text.replaceAll('TODO', '40M'));
      expect(await runCli(['config', 'check', file])).toBe(0);
      expect(told).toContain('1 routers, 2 WANs, 0 armed');
    },
  );

  it('writes over nothing', async () => {
    expect(await init()).toBe(0);
    const before = await readFile(file, 'utf8');
    expect(await init()).toBe(2);
    expect(told).toContain('exists already');
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('says how to trust a certificate that nobody signed, and writes nothing', async () => {
    const { ports, fingerprint256 } = await startRouter('7.20');
    expect(await init('--router', '127.0.0.1', '--port', String(ports.apiTls))).toBe(1);
    expect(told).toContain(`--fingerprint ${fingerprint256}`);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  it('reads exports of routers that balance by PCC, which no single rule steers', async (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    for (const [name, found] of [
      ['v6/4wan_pcc_failover.rsc', ['ether1', 'to_isp1', 'ether4', 'to_isp4']],
      ['v7/2wan_pcc_routing_tables.rsc', ['ether1', 'ISP1', 'ether2', 'ISP2']],
    ] as const) {
      await rm(file, { force: true });
      expect(await init('--rsc', join(captures.path, 'rsc', name))).toBe(0);
      const text = await readFile(file, 'utf8');
      for (const word of found) expect(text).toContain(`: "${word}"`);
      expect(text).not.toContain('steering:');
      expect(text).toContain('fairlead plan');
    }
  });

  it('refuses a file that is no export', async () => {
    await writeFile(join(folder, 'x.rsc'), '# nothing\n');
    expect(await init('--rsc', join(folder, 'x.rsc'))).toBe(2);
  });
});
