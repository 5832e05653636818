import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { capturesFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli.ts';
// Knows every service: on a busy machine loading it takes longer than a test may.
import './config-check.ts';

const captures = capturesFolder();
let folder: string;
let file: string;
let told = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-check-'));
  file = join(folder, 'fairlead.yaml');
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  readonly name?: string;
  readonly api?: string;
  readonly interfaces: readonly string[];
}

/** Writes a configuration; the interface of the first WAN of the first router stands in line 8. */
const configure = (...routers: readonly Given[]): Promise<void> =>
  writeFile(
    file,
    [
      'routers:',
      ...routers.flatMap(({ name = 'gw1', api = '{ user: u, password: p }', interfaces }) => [
        `  - name: ${name}`,
        '    site: depot',
        '    address: 127.0.0.1',
        `    api: ${api}`,
        '    wans:',
        ...interfaces.flatMap((port, i) => [
          `      - name: ISP${i + 1}`,
          `        interface: ${port}`,
          '        capacity: { rx: 50M, tx: 10M }',
          `        routingMark: to_ISP${i + 1}`,
        ]),
      ]),
    ].join('\n'),
  );

async function writeExport(name: string, ...lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

const ANY_EXPORT = [
  '# 2026-11-22 08:00:00 by RouterOS 7.20.1',
  '/interface ethernet',
  'set [ find default-name=ether1 ] name=WAN1',
  '/interface pppoe-client',
  'add interface=ether2 name=pppoe-out1 user=depot',
  '/interface list',
  'add name=UPLINKS',
  '/ip dhcp-client',
  'add interface=ether3',
  'add interface=*7',
  '/ip traffic-flow set interfaces=all',
  '/ip route',
  'add gateway=192.0.2.1,2001:db8::1',
];

const check = (...args: readonly string[]): Promise<number> => runCli(['config', 'check', file, ...args]);

describe('fairlead config check', () => {
  it('beside an export accepts interfaces that it names or that something on the router uses', async () => {
    const rsc = await writeExport('gw1.rsc', ...ANY_EXPORT);
    await configure({ interfaces: ['WAN1', 'pppoe-out1', 'ether3', 'lte1'] });
    expect(await check('--rsc', rsc)).toBe(0);
    expect(told).toContain('1 routers, 4 WANs, 0 armed; the interfaces of 1 are there');
  });

  it.each([
    ['that was removed', '"*7"', /has no interface \*7; /],
    [
      'that it does not know',
      'pppoe-out2',
      /has no interface pppoe-out2; it has WAN1, pppoe-out1, ether2, ether3$/m,
    ],
    ['that has another name', 'ether1', /has no interface ether1; /],
    ['that is a list of interfaces', 'UPLINKS', /has no interface UPLINKS; /],
    ['that differs in its case', 'wan1', /has no interface wan1; /],
    ['that nothing on the router uses', 'ether9', /does not mention ether9, and the interface of a WAN has/],
  ])('beside an export refuses an interface %s, with its line', async (_what, port, problem) => {
    const rsc = await writeExport('gw1.rsc', ...ANY_EXPORT);
    await configure({ interfaces: [port, 'ether3'] });
    expect(await check()).toBe(0);
    expect(await check('--rsc', rsc)).toBe(2);
    expect(told).toContain(`${file}:8:20: routers.0.wans.0.interface: ${rsc} `);
    expect(told).toMatch(problem);
  });

  it('finds the router of an export by its identity, or as it is told', async () => {
    const one = await writeExport('one.rsc', ...ANY_EXPORT, '/system identity set name=gw2');
    const other = await writeExport('other.rsc', ...ANY_EXPORT);
    await configure({ interfaces: ['ether7'] }, { name: 'gw2', interfaces: ['ether8'] });
    expect(await check('--rsc', one)).toBe(2);
    expect(told).toMatch(/routers\.1\.wans\.0\.interface.*ether8/);
    expect(told).not.toContain('ether7');
    expect(await check('--rsc', other)).toBe(2);
    expect(told).toContain(`write ROUTER=${other}; the configuration has gw1, gw2`);
    expect(await check('--rsc', `gw1=${other}`, '--rsc', one)).toBe(2);
    expect(told).toMatch(/routers\.0\.wans\.0\.interface.*ether7/);
    expect(await check('--rsc', `gw2=${other}`, '--rsc', one)).toBe(2);
    expect(told).toContain('are both of gw2');
    expect(await check('--rsc', `gw3=${other}`)).toBe(2);
    expect(told).toContain('there is no router gw3');
    expect(await check('--rsc', join(folder, 'absent.rsc'))).toBe(2);
    expect(told).toContain('cannot read the export');
  });

  it('accepts the WANs of real exports', async (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    for (const [name, interfaces] of [
      ['v6/4wan_pcc_failover.rsc', ['ether1', 'ether2', 'ether3', 'ether4']],
      ['v6/rb750gr3_3wan_pcc_6.47.9.rsc', ['ether1', 'ether2', 'ether3']],
      ['v7/2wan_ecmp_dhcp.rsc', ['ether1', 'ether2']],
      ['v7/2wan_pcc_routing_tables.rsc', ['ether1', 'ether2']],
      ['v7/chr_7.20.8_R18M_2isp_bgp_nat.rsc', ['ether2', 'ether3']],
      ['v7/forum_audience_ap_7.1rc6.rsc', ['lte1', 'wifi-5Ghz']],
    ] as const) {
      const rsc = join(captures.path, 'rsc', name);
      await configure({ interfaces });
      expect(await check('--rsc', `gw1=${rsc}`), `${name}: ${told}`).toBe(0);
      await configure({ interfaces: ['nowhere', ...interfaces] });
      expect(await check('--rsc', `gw1=${rsc}`), name).toBe(2);
    }
  });
});

describe('fairlead config check --live', () => {
  let sim: RouterSim;

  beforeEach(async () => {
    sim = createRouterSim({
      version: '7.20',
      identity: 'gw1',
      wans: [1, 2].map((n) => ({
        ...{ name: `ISP${n}`, interface: `ether${n}`, routingMark: `to_ISP${n}`, gateway: `198.18.0.${n}` },
        capacity: { rxBps: 40e6, txBps: 10e6 },
      })),
      users: [{ name: 'u', password: 'p', policies: ['read', 'api'] }],
      load: noLoad,
    });
    await sim.start();
  });

  afterEach(() => sim.stop());

  const access = (port: number): string => `{ user: u, password: p, port: ${port}, tls: false }`;

  it('refuses an interface that the router has not, with its line', async () => {
    await configure({ api: access(sim.ports.api), interfaces: ['ether1', 'ether9'] });
    expect(await check('--live')).toBe(2);
    expect(told).toMatch(
      /fairlead\.yaml:12:20: routers\.0\.wans\.1\.interface: 127\.0\.0\.1 has no interface ether9; it has ether1/,
    );
    await configure({ api: access(sim.ports.api), interfaces: ['ether1', 'ether2'] });
    expect(await check('--live')).toBe(0);
  });

  it('says which router did not answer, and fails', async () => {
    const { api } = sim.ports;
    await sim.stop();
    await configure({ api: access(api), interfaces: ['ether1'] });
    expect(await check('--live')).toBe(1);
    expect(told).toMatch(/^gw1 is not compared: .+$/m);
  });
});
