import type { RouterSimOptions } from '../options.ts';
import { noLoad } from '../load.ts';

/** A quiet dual-WAN router that stands still until it is advanced. */
export const dualWan = {
  identity: 'gw1',
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
  users: [
    { name: 'lbctl', password: 'secret', policies: ['read', 'write', 'api'] },
    { name: 'viewer', password: 'secret', policies: ['read', 'api'] },
    { name: 'web', password: 'secret', policies: ['read'] },
  ],
  load: noLoad,
  time: 'virtual',
} as const satisfies RouterSimOptions;
