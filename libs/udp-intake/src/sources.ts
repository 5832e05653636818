import { addressFromBytes, addressToBytes } from '@fairlead/model';
import { type Cidr, isInCidr, parseCidr } from './cidr.ts';
import { createRecentMap } from './recent-map.ts';
import type { RouterAddresses } from './router-addresses.ts';
import { fullBucket, takeToken, type TokenBucket } from './token-bucket.ts';

/** Where datagrams come from. */
export interface Source {
  /** 16 bytes. */
  readonly address: Uint8Array;
  /** Text of the address; IPv4 as dotted quad also where the socket says ::ffff:a.b.c.d. */
  readonly text: string;
  /** Router of the inventory; empty when none has the address. */
  readonly router: string;
}

export interface SourceRules {
  /** Blocks that may send; everyone when there are none. */
  readonly allowFrom: readonly string[];
  /** Only addresses of the inventory may send. */
  readonly onlyInventory: boolean;
  readonly maxDatagramsPerSecond?: number | undefined;
}

/** Who sends, and whether they may. */
export interface Sources {
  /** The source of the next datagram from an address, or why it is refused. */
  admit(address: string): Source | 'not-allowed' | 'rate-limited';
  /** To be called when routers have other addresses. */
  forget(): void;
  /** Sources forgotten for want of room since the last call. */
  takeEvicted(): number;
}

interface Known {
  readonly source: Source;
  readonly isAllowed: boolean;
  readonly bucket: TokenBucket | undefined;
}

/** Bounds the memory that forged source addresses can take. */
const MAX_REMEMBERED = 65_536;

export function createSources(
  { allowFrom, onlyInventory, maxDatagramsPerSecond }: SourceRules,
  { routerOf }: Pick<RouterAddresses, 'routerOf'>,
  monotonicMs: () => number,
): Sources {
  const blocks = allowFrom.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  const seen = createRecentMap<string, Known>(MAX_REMEMBERED);

  function meet(text: string): Known {
    const address = addressToBytes(text);
    const canonical = addressFromBytes(address);
    const source = { address, text: canonical, router: routerOf(canonical) };
    const isListed = allowFrom.length === 0 || blocks.some((block) => isInCidr(block, address));
    return {
      source,
      isAllowed: isListed && (!onlyInventory || source.router !== ''),
      bucket:
        maxDatagramsPerSecond === undefined ? undefined : fullBucket(maxDatagramsPerSecond, monotonicMs()),
    };
  }

  return {
    admit(address) {
      let known = seen.get(address);
      if (!known) {
        known = meet(address);
        seen.set(address, known);
      }
      if (!known.isAllowed) return 'not-allowed';
      if (maxDatagramsPerSecond !== undefined && known.bucket) {
        if (!takeToken(known.bucket, maxDatagramsPerSecond, monotonicMs())) return 'rate-limited';
      }
      return known.source;
    },
    forget: () => seen.clear(),
    takeEvicted: () => seen.takeEvicted(),
  };
}
