import { lookup } from 'node:dns/promises';
import { addressFromBytes, addressToBytes, type Inventory } from '@fairlead/model';
import { pause, type RateLimitedLog } from '@fairlead/runtime';

/** All addresses of a host name. @throws when there are none */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** Which router has an address. */
export interface RouterAddresses {
  /** Its name; '' when none has it. IPv4 as dotted quad. */
  routerOf(address: string): string;
  /** Asks for the addresses of the host names once; true when any of them changed. Never rejects. */
  resolve(): Promise<boolean>;
  readonly hasNames: boolean;
}

/** So many look-ups at once; the system's resolver takes a thread for each. */
const LOOKUPS = 2;

/**
 * The addresses of an inventory. One that is written as an address is known at once, a host name from `resolve()` on.
 * A name that cannot be resolved within `deadlineMs` keeps the addresses it had, and is warned about.
 */
export function createRouterAddresses(
  inventory: Inventory,
  {
    lookUp = lookUpInSystem,
    warnings,
    deadlineMs,
  }: { readonly lookUp?: LookUp; readonly warnings: RateLimitedLog; readonly deadlineMs: number },
): RouterAddresses {
  const entries = inventory.flatMap(({ name, address, sourceAddresses }) =>
    [address, ...sourceAddresses].map((text) => ({ router: name, text, address: canonical(text) })),
  );
  const fixed = new Map(entries.flatMap(({ address, router }) => (address ? [[address, router]] : [])));
  const names = entries.filter(({ address }) => address === undefined);
  const resolved = new Map<string, readonly string[]>();
  let routers: ReadonlyMap<string, string> = fixed;

  async function ask(name: string): Promise<void> {
    const done = new AbortController();
    const late = pause(deadlineMs, done.signal).then(() => {
      throw new Error(`no answer in ${deadlineMs} ms`);
    });
    try {
      const found = await Promise.race([lookUp(name), late]);
      resolved.set(
        name,
        found.map(canonical).filter((address) => address !== undefined),
      );
    } catch (error) {
      warnings.warn(
        `name ${name}`,
        { name, err: error },
        'host name of a router not resolved; what it sends is not known as its own',
      );
    } finally {
      late.catch(() => undefined);
      done.abort();
    }
  }

  return {
    routerOf: (address) => routers.get(address) ?? '',
    hasNames: names.length > 0,
    async resolve() {
      const waiting = [...new Set(names.map(({ text }) => text))];
      const work = async (): Promise<void> => {
        for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await ask(name);
      };
      await Promise.all(Array.from({ length: LOOKUPS }, work));
      const before = routers;
      routers = new Map([
        ...names.flatMap(({ router, text }) =>
          (resolved.get(text) ?? []).map((address) => [address, router] as const),
        ),
        // An address that is written down is worth more than one that a name server gives.
        ...fixed,
      ]);
      return (
        routers.size !== before.size || [...routers].some(([address, name]) => before.get(address) !== name)
      );
    },
  };
}

async function lookUpInSystem(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** The one text of an address; undefined for a host name. */
function canonical(text: string): string | undefined {
  try {
    return addressFromBytes(addressToBytes(text));
  } catch {
    return undefined;
  }
}
