import type { routerSchema } from '@fairlead/model';
import { createRouterSim, demoLoad } from '@fairlead/router-sim';
import type { Component } from '@fairlead/runtime';
import type { z } from 'zod';

/** RouterOS has 30 minutes; a demo shows its flows sooner. */
export const FLOW_ACTIVE_TIMEOUT_MS = 10_000;

const USER = { name: 'fairlead', password: 'simulated' };
const COMMUNITY = 'simulated';
const WANS = [
  {
    name: 'ISP1',
    interface: 'ether1',
    capacity: { rxBps: 50e6, txBps: 20e6 },
    routingMark: 'ISP1_Route',
    gateway: '198.51.100.1',
    probeHosts: ['9.9.9.9', '8.8.8.8'],
  },
  {
    name: 'ISP2',
    interface: 'ether2',
    capacity: { rxBps: 100e6, txBps: 40e6 },
    routingMark: 'ISP2_Route',
    gateway: '203.0.113.1',
    probeHosts: ['9.9.9.10', '8.8.4.4'],
  },
] as const;

export interface DemoSite extends Component {
  /** The router as an operator would write it in the inventory; after start(), because its ports are free ones. */
  inventoryEntry(): z.input<typeof routerSchema>;
}

/** A simulated RouterOS 7 router with two uplinks whose load crosses the limit of the first within half a minute. */
export function createDemoSite(targets: {
  readonly netflowPort: number;
  readonly syslogPort: number;
}): DemoSite {
  const host = '127.0.0.1';
  const sim = createRouterSim({
    identity: 'demo-gw',
    wans: WANS.map(({ probeHosts: _, ...wan }) => wan),
    users: [{ ...USER, policies: ['read', 'write', 'api', 'test'] }],
    snmpCommunity: COMMUNITY,
    netflow: {
      host,
      port: targets.netflowPort,
      version: 9,
      activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS,
      inactiveTimeoutMs: 5_000,
    },
    syslog: { host, port: targets.syslogPort, format: 'default' },
    load: demoLoad(WANS[0].capacity.rxBps),
  });
  return {
    name: 'simulated-site',
    async start() {
      await sim.start();
      // As `fairlead apply` makes them: RouterOS 7 pings hosts by the route to them.
      for (const { gateway, probeHosts } of WANS) {
        for (const host of probeHosts) {
          const route = { 'dst-address': `${host}/32`, gateway, 'routing-table': 'main' };
          sim.config.route.add({ ...route, scope: '10', distance: '1' });
        }
      }
    },
    stop: () => sim.stop(),
    inventoryEntry: () => ({
      name: 'demo-gw',
      site: 'demo',
      address: host,
      mode: 'armed',
      api: {
        port: sim.ports.apiTls,
        tls: { fingerprint: sim.fingerprint256 },
        user: USER.name,
        password: USER.password,
      },
      snmp: { port: sim.ports.snmp, community: COMMUNITY },
      wans: WANS.map(({ name, interface: port, capacity, routingMark, probeHosts }) => ({
        name,
        interface: port,
        capacity: { rx: capacity.rxBps, tx: capacity.txBps },
        routingMark,
        probeHosts: [...probeHosts],
      })),
      steering: { policy: { dwellMs: 10_000, flipsPerHour: 120, meanMs: 5_000 } },
    }),
  };
}
