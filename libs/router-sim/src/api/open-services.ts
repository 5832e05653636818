import { BlockList } from 'node:net';
import type { Menu } from './menu.ts';

/** Whether a service is enabled, and open to this address: no list is everybody. */
export function isServiceOpen(services: Menu | undefined, name: string, remoteAddress: string): boolean {
  const properties = services?.rows().find((row) => row.properties['name'] === name)?.properties ?? {};
  const from = (properties['available-from'] ?? properties['address'] ?? '').split(',').filter(Boolean);
  if (properties['disabled'] === 'true') return false;
  const open = new BlockList();
  for (const network of from) {
    const [address = '', bits = '32'] = network.split('/');
    open.addSubnet(address, Number(bits));
  }
  return from.length === 0 || open.check(remoteAddress);
}
