import type { Oid } from '../oid.ts';

/** One instance of a MIB: ASN.1 tag and value; whole numbers as bigint, all else as bytes. */
export interface TableRow {
  readonly oid: Oid;
  readonly tag: number;
  readonly value: bigint | Uint8Array;
}

const OCTET_STRING = 4;
const WHOLE_NUMBERS = new Set([2, 65, 66, 67, 70]);

/**
 * Rows of an snmpsim recording, `OID|tag|value` a line; `4x` is an octet string in hex.
 * Other types (OIDs, IP addresses) are left out: they are not counters.
 */
export function readSnmprec(recording: string): TableRow[] {
  return recording.split('\n').flatMap((line): TableRow[] => {
    const [oid = '', type = '', ...rest] = line.split('|');
    const value = rest.join('|');
    const tag = Number.parseInt(type, 10);
    if (WHOLE_NUMBERS.has(tag)) return [{ oid, tag, value: BigInt(value) }];
    if (tag !== OCTET_STRING) return [];
    return [{ oid, tag, value: Buffer.from(value, type.endsWith('x') ? 'hex' : 'utf8') }];
  });
}
