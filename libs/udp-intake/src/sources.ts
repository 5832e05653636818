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
  /** The source of the next datagram from an address, as the socket writes it, and a port, or why it is refused. */
  admit(address: string, port: number): Source | 'not-allowed' | 'rate-limited';
  /** To be called when routers have other addresses. */
  forget(): void;
  /** Sources forgotten for want of room since the last call. */
  takeEvicted(): number;
}

interface Known {
  /** As the socket writes it. */
  readonly address: string;
  readonly source: Source;
  readonly isAllowed: boolean;
  readonly bucket: TokenBucket | undefined;
}

/** Bounds the memory that forged source addresses can take. */
const MAX_REMEMBERED = 65_536;
/** Places for who sent last, by the last bits of the port; a power of two. */
const PLACES = 64;

export function createSources(
  { allowFrom, onlyInventory, maxDatagramsPerSecond }: SourceRules,
  { routerOf }: Pick<RouterAddresses, 'routerOf'>,
  monotonicMs: () => number,
  maxRemembered = MAX_REMEMBERED,
): Sources {
  const blocks = allowFrom.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  // The text of an address is new with each datagram, and to compare it is cheaper than to look it up.
  const latest = Array.from({ length: PLACES }, (): Known | undefined => undefined);
  const forgetLatest = (): void => void latest.fill(undefined);
  const seen = createRecentMap<string, Known>(maxRemembered, forgetLatest);

  function meet(address: string): Known {
    const bytes = addressToBytes(address);
    const text = addressFromBytes(bytes);
    const source = { address: bytes, text, router: routerOf(text) };
    const isListed = allowFrom.length === 0 || blocks.some((block) => isInCidr(block, bytes));
    const known = {
      address,
      source,
      isAllowed: isListed && (!onlyInventory || source.router !== ''),
      bucket:
        maxDatagramsPerSecond === undefined ? undefined : fullBucket(maxDatagramsPerSecond, monotonicMs()),
    };
    seen.set(address, known);
    return known;
  }

  return {
    admit(address, port) {
      const place = port & (PLACES - 1);
      let known = latest[place];
      if (known?.address !== address) {
        known = seen.get(address) ?? meet(address);
        latest[place] = known;
      }
      if (!known.isAllowed) return 'not-allowed';
      if (maxDatagramsPerSecond !== undefined && known.bucket) {
        if (!takeToken(known.bucket, maxDatagramsPerSecond, monotonicMs())) return 'rate-limited';
      }
      return known.source;
    },
    forget() {
      seen.clear();
      forgetLatest();
    },
    takeEvicted: () => seen.takeEvicted(),
  };
}
