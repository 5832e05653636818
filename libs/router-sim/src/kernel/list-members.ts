import { BlockList, isIPv4 } from 'node:net';
import type { ConfigTable } from '../config/config-table.ts';

/** Gives the names of the address lists that hold an IPv4 address, by a network or by itself, and remembers them until one changes. */
export function createListMembers(addressList: ConfigTable): (address: string) => readonly string[] {
  let known = new Map<string, readonly string[]>();
  let revision = -1;
  return (address) => {
    if (revision !== addressList.revision()) {
      revision = addressList.revision();
      known = new Map();
    }
    const names = known.get(address) ?? listsWith(addressList, address);
    known.set(address, names);
    return names;
  };
}

function listsWith(addressList: ConfigTable, address: string): readonly string[] {
  const names = addressList.items().flatMap(({ properties }) => {
    const [network = '', bits = '32'] = (properties['address'] ?? '').split('/');
    if (properties['disabled'] === 'true' || !isIPv4(network)) return [];
    const entry = new BlockList();
    entry.addSubnet(network, Number(bits));
    return entry.check(address) ? [properties['list'] ?? ''] : [];
  });
  return [...new Set(names)];
}
