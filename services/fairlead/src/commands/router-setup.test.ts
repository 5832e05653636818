import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli.ts';

let folder: string;
let sim: RouterSim;

beforeEach(async () => {
  vi.stubEnv('ROUTER_PASSWORD', 'pass-of-admin');
  folder = await mkdtemp(join(tmpdir(), 'fairlead-setup-'));
  sim = createRouterSim({
    version: '7.20.1',
    wans: [1, 2].map((n) => ({
      name: `ISP${n}`,
      interface: `ether${n}`,
      capacity: { rxBps: 40e6, txBps: 10e6 },
      routingMark: `to_ISP${n}`,
      gateway: n === 1 ? '192.0.2.1' : '198.18.0.1',
    })),
    users: [{ name: 'admin', password: 'pass-of-admin', policies: ['read', 'write', 'api', 'policy'] }],
    configuration:
      '/ip firewall filter add action=fasttrack-connection chain=forward comment="defconf: fasttrack" connection-state=established,related',
    load: noLoad,
  });
  await sim.start();
  const wan = (n: number, gateway: string): object => ({
    name: `ISP${n}`,
    interface: `ether${n}`,
    capacity: { rx: '40M', tx: '10M' },
    routingMark: `to_ISP${n}`,
    gateway,
    probeHosts: [`198.51.100.${n}`, `203.0.113.${n}`],
  });
  await writeFile(
    join(folder, 'fairlead.yaml'),
    JSON.stringify({
      dataDirectory: join(folder, 'data'),
      routers: [
        {
          name: 'gw1',
          site: 'head-office',
          address: '127.0.0.1',
          api: {
            port: sim.ports.apiTls,
            tls: { fingerprint: sim.fingerprint256 },
            user: 'admin',
            password: '${ROUTER_PASSWORD}',
          },
          wans: [wan(1, '192.0.2.1'), wan(2, '198.18.0.1')],
          setup: {
            lanNetworks: ['192.168.88.0/24'],
            connectedNetworks: ['192.0.2.0/24'],
            telemetry: { collector: '10.0.0.5' },
            access: { controller: '127.0.0.1', certificate: 'api' },
            deadMan: true,
          },
        },
      ],
    }),
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sim.stop();
  await rm(folder, { recursive: true });
});

/** One call of the command line, with what it printed. */
async function fairlead(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  const catches = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      printed[name] += String(chunk);
      return true;
    }),
  );
  try {
    const code = await runCli([...args, '--config', join(folder, 'fairlead.yaml')]);
    return { code, ...printed };
  } finally {
    for (const each of catches) each.mockRestore();
  }
}

describe('the set-up of a router', () => {
  it('is refused, planned, made and taken back', async () => {
    const refused = await fairlead('plan', 'gw1');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('1. FastTrack takes every connection past mangle');
    expect(refused.stderr).toContain('comment="defconf: fasttrack"');

    sim.runScript('/ip firewall filter set [find action=fasttrack-connection] connection-mark=no-mark');
    const before = sim.exportText();
    const planned = await fairlead('plan', 'gw1');
    expect(planned.code).toBe(3);
    expect(planned.stderr).toMatch(/^gw1 \(RouterOS 7\.20\.1\): \d+ to add, \d to change$/m);
    expect(planned.stderr).toContain('nor in connectedNetworks: 198.18.0.0/24 on ether2');
    expect(planned.stdout).toContain('\nadd action=masquerade chain=srcnat comment=fairlead:nat-ISP1');

    const unasked = await fairlead('apply', 'gw1');
    expect(unasked).toMatchObject({ code: 2, stdout: planned.stdout });
    expect(sim.exportText()).toBe(before);

    const applied = await fairlead('apply', 'gw1', '--yes');
    expect(applied.stderr).toContain('a new session finds everything as wanted');
    expect(applied.code).toBe(0);
    expect(await fairlead('plan', 'gw1')).toMatchObject({ code: 0, stdout: '' });
    expect(sim.exportText()).not.toBe(before);

    const back = await fairlead('rollback', 'gw1', '--yes');
    expect(back.code).toBe(0);
    expect(sim.exportText()).toBe(before);
    const [undo] = await readdir(join(folder, 'data/applied/gw1'));
    expect(undo).toMatch(/\.json\.rolled-back$/);
    expect(await fairlead('rollback', 'gw1', '--yes')).toMatchObject({ code: 2 });

    const events = await fairlead('tap', 'wan-events', '--from-start', '--limit', '2');
    const kinds = events.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(['setup-applied', 'setup-rolled-back']);
    for (const { stdout, stderr } of [refused, planned, applied, back]) {
      expect(stdout + stderr).not.toContain('pass-of-admin');
    }
  });

  it('is planned offline on an export, as one JSON object', async () => {
    sim.runScript('/ip firewall filter remove [find action=fasttrack-connection]');
    const file = join(folder, 'export.rsc');
    await writeFile(file, sim.exportText());
    const { code, stdout } = await fairlead('plan', 'gw1', '--rsc', file, '--json');
    expect(code).toBe(3);
    const plan = JSON.parse(stdout) as { script: string; operations: unknown[]; conflicts: unknown[] };
    expect(plan.conflicts).toEqual([]);
    expect(plan.operations.length).toBeGreaterThan(40);
    // Somebody who pastes it has what apply would have made.
    sim.runScript(plan.script);
    expect(await fairlead('plan', 'gw1')).toMatchObject({ code: 0, stdout: '' });
  });
});
