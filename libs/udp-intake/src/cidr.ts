import { addressToBytes } from '@fairlead/model';

/** A block of addresses: what begins with the same bits (RFC 4632, RFC 4291 section 2.3). */
export interface Cidr {
  /** 16 bytes; IPv4 as ::ffff:a.b.c.d. */
  readonly address: Uint8Array;
  /** Leading bits that count, of the 128. */
  readonly bits: number;
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32`, or an address, which is a block of one. Bits behind the prefix may be set.
 * @returns undefined when the text is neither
 */
export function parseCidr(text: string): Cidr | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  try {
    const address = addressToBytes(host);
    const most = host.includes(':') ? 128 : 32;
    const prefix = length === undefined ? most : Number(length);
    return prefix <= most ? { address, bits: 128 - most + prefix } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an address of 16 bytes is in the block. */
export function isInCidr({ address, bits }: Cidr, candidate: Uint8Array): boolean {
  const bytes = bits >> 3;
  for (let i = 0; i < bytes; i += 1) if (address[i] !== candidate[i]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || (address[bytes] ?? 0) >> shift === (candidate[bytes] ?? 0) >> shift;
}
