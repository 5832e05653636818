import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createRouterSim, type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** The client uses what the standard library has since this version. */
const OLDEST_GO = [1, 21] as const;
const BUILD_MS = 420_000;

const need = goRequirement();

/** The client has its own go.mod, and go.sum pins what it fetches. */
function goRequirement(): ReturnType<typeof requirement> {
  const go = requirement('go');
  if (!go.met) return go;
  const version = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout.trim();
  const [major = 0, minor = 0] = version.replace(/^go/, '').split('.').map(Number);
  const recent = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return recent ? go : { met: false, reason: `${version} is older than go${OLDEST_GO.join('.')}` };
}

describe('go-routeros, an API client that others wrote', () => {
  const folder = temporaryFolder();
  const client = join(folder.path, 'client');
  let sim: RouterSim | undefined;

  beforeAll(async () => {
    if (!need.met) return;
    cpSync(join(import.meta.dirname, 'go-routeros-client'), folder.path, { recursive: true });
    const env = { ...process.env, GOFLAGS: '-mod=mod' };
    await run('go', ['build', '-o', client, '.'], { cwd: folder.path, env, timeout: BUILD_MS });
  }, BUILD_MS);
  afterEach(() => sim?.stop());
  afterAll(() => folder.remove());

  async function begin(version: string): Promise<RouterSim> {
    sim = createRouterSim({
      identity: 'gw1',
      version,
      wans: [
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
          capacity: { rxBps: 20e6, txBps: 5e6 },
          routingMark: 'ISP2_Route',
          gateway: '203.0.113.1',
        },
      ],
      users: [{ name: 'lbctl', password: 'secret', policies: ['read', 'write', 'test', 'api'] }],
      load: steadyLoad(10e6),
    });
    await sim.start();
    return sim;
  }

  /** Runs a story and gives what it told; `onLine` hears each thing as it is told. */
  async function tell(story: string, port: number, onLine?: (said: object) => void): Promise<object> {
    const child = spawn(client, [`127.0.0.1:${port}`, 'lbctl', 'secret', story], { timeout: 30_000 });
    let complaint = '';
    child.stderr.on('data', (text) => (complaint += String(text)));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const told: object = {};
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as object;
      Object.assign(told, said);
      onLine?.(said);
    }
    expect({ status: await ended, complaint }).toEqual({ status: 0, complaint: '' });
    return told;
  }

  const badPassword = expect.stringContaining('invalid user name or password (6)') as unknown;

  it('talks to the simulated router: tags, !empty, listen, cancel, traps', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const router = await begin('7.20.1');
    const told = await tell('talk', router.ports.api, (said) => {
      if ('listening' in said) router.setLink('ISP2', false);
    });
    expect(told).toEqual({
      badPassword,
      tags: {
        '/interface/print': { '[ether1 ether2 bridge-lan]': 5 },
        '/system/identity/print': { '[gw1]': 5 },
        '/routing/table/print': { '[ISP2_Route]': 5 },
        '/tool/traffic-monitor/print': { '[]': 5 },
      },
      listening: true,
      listen: {
        rows: [{ name: 'ether2', running: 'false' }],
        end: '!trap',
        why: 'interrupted',
        error: '',
      },
      monitor: {
        rows: ['ether1', 'bridge-lan', 'ether1', 'bridge-lan'].map(
          (name) =>
            expect.objectContaining({
              name,
              'rx-bits-per-second': expect.stringMatching(/^\d+$/) as unknown,
            }) as unknown,
        ),
        end: '!trap',
        why: 'interrupted',
        error: '',
      },
      badMenu: expect.stringContaining('no such command') as unknown,
      ping: ['1', '2'],
    });
  });

  it('adds, sets and removes items of menus that come and go', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const router = await begin('7.20.1');
    expect(await tell('edit', router.ports.api)).toEqual({
      badPassword,
      edited: {
        '/tool/netwatch': [1, 1, 0],
        '/system/scheduler': [1, 1, 0],
        '/system/script': [1, 1, 0],
        '/ip/firewall/address-list': [1, 1, 0],
        '/ip/firewall/mangle': [1, 1, 0],
        '/ip/route': [1, 1, 0],
      },
    });
  });

  it('logs in by the challenge of a router before 6.43', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const router = await begin('6.42.12');
    expect(await tell('version', router.ports.api)).toEqual({
      badPassword,
      version: ['6.42.12 (stable)'],
    });
  });
});
