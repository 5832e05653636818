import { addressFromBytes, addressToBytes, type Inventory } from '@fairlead/model';

/** Where datagrams come from. */
export interface Source {
  /** 16 bytes. */
  readonly address: Uint8Array;
  /** Text of the address; IPv4 as dotted quad also where the socket says ::ffff:a.b.c.d. */
  readonly text: string;
  /** Router of the inventory; empty when none has the address. */
  readonly router: string;
}

/** Bounds the memory that forged source addresses can take. */
const MAX_REMEMBERED = 65_536;

/** Finds who sends from an address. An inventory address that is a host name matches nothing. */
export function createSources(inventory: Inventory): (address: string) => Source {
  const routers = new Map<string, string>();
  for (const { name, address, sourceAddresses } of inventory) {
    for (const text of [address, ...sourceAddresses]) {
      const bytes = parse(text);
      if (bytes) routers.set(addressFromBytes(bytes), name);
    }
  }
  const seen = new Map<string, Source>();
  return (address) => {
    const known = seen.get(address);
    if (known) return known;
    const bytes = parse(address) ?? new Uint8Array(16);
    const text = addressFromBytes(bytes);
    const source = { address: bytes, text, router: routers.get(text) ?? '' };
    if (seen.size >= MAX_REMEMBERED) seen.clear();
    seen.set(address, source);
    return source;
  };
}

function parse(text: string): Uint8Array | undefined {
  try {
    return addressToBytes(text);
  } catch {
    return undefined;
  }
}
