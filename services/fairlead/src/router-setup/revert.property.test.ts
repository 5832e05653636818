import { inventorySchema, type Router } from '@fairlead/model';
import {
  generate,
  planChanges,
  readConfiguration,
  readScript,
  revertScript,
  showOperations,
  type Configuration,
  type SiteDescription,
} from '@fairlead/routeros-config';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeSite, parseVersion } from './describe-site.ts';

const strategies = ['balance', 'pcc', 'ecmp', 'nth', 'failover'] as const;

function siteWith(version: string, strategy: (typeof strategies)[number], count: number): SiteDescription {
  const router = inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '192.0.2.1',
      api: { user: 'admin', password: 'p' },
      wans: Array.from({ length: count }, (_, n) => ({
        name: `ISP${n}`,
        interface: `ether${n + 1}`,
        capacity: { rx: '10M', tx: '1M' },
        routingMark: `to_ISP${n}`,
        gateway: `192.0.2.${n + 1}`,
        probeHosts: [`198.51.100.${n + 1}`, `203.0.113.${n + 1}`],
      })),
      setup: {
        strategy,
        lanNetworks: ['192.168.88.0/24'],
        telemetry: { collector: '10.0.0.5', snmpCommunity: 'watch' },
        access: { controller: '10.0.0.5', certificate: 'api' },
        deadMan: strategy === 'balance',
      },
    },
  ])[0] as Router;
  return describeSite(router, parseVersion(version));
}

const simulate = (version: string): RouterSim =>
  createRouterSim({
    version,
    wans: [1, 2, 3].map((n) => ({
      name: `ISP${n}`,
      interface: `ether${n}`,
      capacity: { rxBps: 10e6, txBps: 1e6 },
      routingMark: `to_ISP${n}`,
      gateway: `192.0.2.${n}`,
    })),
    users: [],
    configuration: '/ip firewall mangle add action=change-ttl chain=postrouting comment=theirs',
    load: noLoad,
  });

const configurationOf = (sim: RouterSim): Configuration => {
  const { configuration, problems } = readConfiguration(readScript(sim.exportText()));
  expect(problems).toEqual([]);
  return configuration;
};

/** What people do to rules, in RouterOS words; `at` is which of them. */
const disturbances: readonly ((at: number) => string)[] = [
  (at) => `/ip firewall mangle remove ([find]->${at})`,
  (at) => `/ip firewall mangle set ([find]->${at}) protocol=udp log=yes`,
  (at) => `/ip firewall mangle set ([find]->${at}) !connection-mark disabled=yes`,
  (at) => `/ip firewall mangle move ([find]->${at})`,
  (at) => `/ip firewall mangle move ([find]->${at}) destination=([find]->0)`,
  (at) =>
    `/ip firewall mangle add action=accept chain=forward comment="of \\"them\\" ${at}" place-before=([find]->${at})`,
  (at) => `/ip firewall nat remove ([find]->${at % 2})`,
  () => '/ip route remove [find comment="fairlead:main-ISP0-1"]',
  () => '/ip firewall address-list set [find list=fairlead-lan] address=10.1.0.0/16',
  () => '/user set [find name=fairlead-watch] group=full',
  () => '/ip service set api-ssl disabled=yes',
  () => '/snmp set enabled=no',
];

describe('a router that people have worked on', () => {
  it('becomes what is wanted by the text of a plan, and again what it was by the script, wherever it was cut', () => {
    const anyCase = fc.record({
      version: fc.constantFrom('7.20.1', '7.9.2', '6.49.10'),
      from: fc.tuple(fc.constantFrom(...strategies), fc.integer({ min: 2, max: 3 })),
      to: fc.tuple(fc.constantFrom(...strategies), fc.integer({ min: 2, max: 3 })),
      steps: fc.array(fc.tuple(fc.nat(disturbances.length - 1), fc.nat(14)), { maxLength: 8 }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    let cuts = 0;
    fc.assert(
      fc.property(anyCase, ({ version, from, to, steps, cut }) => {
        const sim = simulate(version);
        const plan = (site: SiteDescription, current: Configuration) => {
          const { operations, conflicts } = planChanges(generate(site), current);
          expect(conflicts).toEqual([]);
          return operations;
        };
        const first = configurationOf(sim);
        sim.runScript(showOperations(first, plan(siteWith(version, ...from), first)));
        for (const [which, at] of steps) {
          try {
            sim.runScript(disturbances[which]?.(at) ?? '');
          } catch {
            // there are not so many rules
          }
        }
        const before = configurationOf(sim);
        const text = sim.exportText();
        const operations = plan(siteWith(version, ...to), before);
        const some = operations.slice(0, Math.round(cut * operations.length));
        cuts += some.length;
        sim.runScript(showOperations(before, some));
        sim.runScript(revertScript(before, operations));
        expect(sorted(sim.exportText())).toBe(sorted(text));
        sim.runScript(
          showOperations(configurationOf(sim), plan(siteWith(version, ...to), configurationOf(sim))),
        );
        expect(plan(siteWith(version, ...to), configurationOf(sim))).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect(cuts).toBeGreaterThan(10);
  });
});

/** Order means nothing outside of mangle and nat: what was removed comes back last. */
function sorted(text: string): string {
  return text
    .split(/\n(?=\/)/)
    .map((menu) =>
      /^\/ip firewall (?:mangle|nat)\n/.test(menu)
        ? menu.trimEnd()
        : menu.trimEnd().split('\n').sort().join('\n'),
    )
    .join('\n');
}
