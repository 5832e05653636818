import { readFile } from 'node:fs/promises';
import type { FlowPlaces, Place } from '@fairlead/flow-enrichment';
import { addressFromBytes } from '@fairlead/model';
import { Reader, type Response } from 'mmdb-lib';

/** A database that cannot be used. The message names the file and what is wrong with it. */
export class GeoipError extends Error {
  override readonly name = 'GeoipError';
}

/** MMDB files in the form of MaxMind's GeoLite2; DB-IP gives its own out in the same form. */
export interface PlaceFiles {
  /** GeoLite2-ASN: `autonomous_system_number`. */
  readonly asnDatabase?: string | undefined;
  /** GeoLite2-Country or -City: `country.iso_code`. */
  readonly countryDatabase?: string | undefined;
}

/** Addresses whose place is kept; the same servers come again and again. */
const MAX_CACHED = 65_536;
const NOWHERE: Place = { country: '', asNumber: 0 };

/**
 * Opens the databases that are named.
 * @returns undefined when none is
 * @throws GeoipError when one cannot be read or is none
 */
export async function openPlaces({
  asnDatabase,
  countryDatabase,
}: PlaceFiles): Promise<FlowPlaces | undefined> {
  if (asnDatabase === undefined && countryDatabase === undefined) return undefined;
  const asNumbers = asnDatabase === undefined ? undefined : await openDatabase(asnDatabase);
  const countries = countryDatabase === undefined ? undefined : await openDatabase(countryDatabase);
  const known = new Map<number | string, Place>();

  return {
    find(address) {
      const key = keyOf(address);
      const cached = known.get(key);
      if (cached) return cached;
      const text = addressFromBytes(address);
      const country = countryOf(countries?.(text));
      const asNumber = asNumberOf(asNumbers?.(text));
      const place = country === '' && asNumber === 0 ? NOWHERE : { country, asNumber };
      if (known.size >= MAX_CACHED) known.clear();
      known.set(key, place);
      return place;
    },
  };
}

/** The record of an address; null where there is none. */
type Database = (address: string) => unknown;

async function openDatabase(file: string): Promise<Database> {
  let reader: Reader<Response>;
  try {
    reader = new Reader(await readFile(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GeoipError(`${file} cannot be used as an MMDB database: ${reason}`, { cause });
  }
  const hasIpv6 = reader.metadata.ipVersion === 6;
  return (address) => {
    if (address === '' || (!hasIpv6 && address.includes(':'))) return null;
    try {
      return reader.get(address);
    } catch {
      // A record that is damaged is no reason to lose the flow.
      return null;
    }
  };
}

/** Cheap for IPv4, which most are. */
function keyOf(address: Uint8Array): number | string {
  const isV4 = address[10] === 0xff && address[11] === 0xff && address.indexOf(0xff) === 10;
  if (!isV4) return addressFromBytes(address);
  return new DataView(address.buffer, address.byteOffset, address.length).getUint32(12);
}

function countryOf(record: unknown): string {
  const code = property(property(record, 'country'), 'iso_code');
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : '';
}

function asNumberOf(record: unknown): number {
  const asNumber = property(record, 'autonomous_system_number');
  const isOne =
    typeof asNumber === 'number' && Number.isInteger(asNumber) && asNumber > 0 && asNumber < 2 ** 32;
  return isOne ? asNumber : 0;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
