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
  /** Takes another inventory. A host name that was resolved before keeps its addresses until it is asked for again. */
  replace(inventory: Inventory): void;
  readonly hasNames: boolean;
}

/** So many look-ups at once; the system's resolver takes a thread for each. */
const LOOKUPS = 2;

/**
 * The addresses of an inventory. One that is written as an address is known at once, a host name from `resolve()` on.
 * A name that cannot be resolved within `deadlineMs` keeps the addresses it had, and is warned about.
 */
export function createRouterAddresses(
  initial: Inventory,
  {
    lookUp = lookUpInSystem,
    warnings,
    deadlineMs,
  }: { readonly lookUp?: LookUp; readonly warnings: RateLimitedLog; readonly deadlineMs: number },
): RouterAddresses {
  let entries = entriesOf(initial);
  const resolved = new Map<string, readonly string[]>();
  let routers = gather();

  function namesOf(): string[] {
    return [...new Set(entries.filter(({ address }) => address === undefined).map(({ text }) => text))];
  }

  function gather(): ReadonlyMap<string, string> {
    const named = entries.flatMap(({ router, text }) =>
      (resolved.get(text) ?? []).map((address) => [address, router] as const),
    );
    const fixed = entries.flatMap(({ address, router }) => (address ? [[address, router] as const] : []));
    // An address that is written down is worth more than one that a name server gives.
    return new Map([...named, ...fixed]);
  }

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
    get hasNames() {
      return namesOf().length > 0;
    },
    replace(inventory) {
      entries = entriesOf(inventory);
      const names = new Set(namesOf());
      for (const name of resolved.keys()) if (!names.has(name)) resolved.delete(name);
      routers = gather();
    },
    async resolve() {
      const waiting = namesOf();
      const work = async (): Promise<void> => {
        for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await ask(name);
      };
      await Promise.all(Array.from({ length: LOOKUPS }, work));
      const before = routers;
      routers = gather();
      return (
        routers.size !== before.size || [...routers].some(([address, name]) => before.get(address) !== name)
      );
    },
  };
}

interface Entry {
  readonly router: string;
  readonly text: string;
  /** Undefined for a host name. */
  readonly address: string | undefined;
}

const entriesOf = (inventory: Inventory): Entry[] =>
  inventory.flatMap(({ name, address, sourceAddresses }) =>
    [address, ...sourceAddresses].map((text) => ({ router: name, text, address: canonical(text) })),
  );

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
