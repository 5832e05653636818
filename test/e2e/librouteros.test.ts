import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRouterSim, steadyLoad } from '@fairlead/router-sim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
/** The interpreter of the system, because Debian's package is installed for it and for no other. */
const PYTHON = '/usr/bin/python3';
const librouterosIsThere = spawnSync(PYTHON, ['-c', 'import librouteros']).status === 0;

describe('an API client that others wrote', () => {
  const sim = createRouterSim({
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
    users: [{ name: 'lbctl', password: 'secret', policies: ['read', 'write', 'api'] }],
    load: steadyLoad(10e6),
    steeringRule: 'Load-Balancing here',
  });
  beforeAll(() => sim.start());
  afterAll(() => sim.stop());

  it('logs in to the simulated router, sets, adds and removes items of many menus, and hears what is refused', async (ctx) => {
    if (!librouterosIsThere) return ctx.skip('python3-librouteros not installed (npm run setup:system)');
    const script = join(import.meta.dirname, 'librouteros-client.py');
    const args = [String(sim.ports.api), 'lbctl', 'secret', 'Load-Balancing here', 'ISP2_Route'];
    const { stdout } = await run(PYTHON, [script, ...args], { timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({
      interfaces: ['ether1', 'ether2', 'bridge-lan'],
      before: ['ISP1_Route'],
      after: ['ISP2_Route'],
      monitors: ['LB1'],
      monitorsLeft: 0,
      rulesAdded: ['forward'],
      rulesLeft: [],
      removedTwice: 'no such item (4)',
      edited: Object.fromEntries(
        [
          'tool/netwatch',
          'system/scheduler',
          'system/script',
          'ip/firewall/address-list',
          'ip/firewall/nat',
          'ip/route',
          'ip/traffic-flow/target',
        ].map((menu) => [menu, [true, true, true]]),
      ),
      badAction: 'input does not match any value of action',
      refusedMark: 'input does not match any value of new-routing-mark',
      badMenu: expect.stringContaining('no such command prefix') as unknown,
      badPassword: 'invalid user name or password (6)',
    });
    const rule = sim.config.mangle
      .items()
      .find(({ properties }) => properties['comment'] === 'Load-Balancing here');
    expect(rule?.properties['new-routing-mark']).toBe('ISP2_Route');
  });
});
