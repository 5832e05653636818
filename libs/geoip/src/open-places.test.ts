import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressToBytes } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlaces } from './index.ts';
import { writeMmdb } from './testing/write-mmdb.ts';

const folder = temporaryFolder('fairlead-geoip-');
const asnDatabase = join(folder.path, 'asn.mmdb');
const countryDatabase = join(folder.path, 'country.mmdb');

beforeAll(async () => {
  await writeFile(
    asnDatabase,
    writeMmdb('GeoLite2-ASN', {
      '198.51.100.0/24': { autonomous_system_number: 64_500, autonomous_system_organization: 'Example' },
      '2001:db8::/32': { autonomous_system_number: 4_200_000_000 },
    }),
  );
  await writeFile(
    countryDatabase,
    writeMmdb('GeoLite2-Country', {
      '198.51.100.0/25': { country: { iso_code: 'DE' } },
      '203.0.113.0/24': { country: { iso_code: 'nowhere' } },
      '2001:db8::/33': { country: { iso_code: 'CU' } },
    }),
  );
});

afterAll(() => {
  folder.remove();
});

describe('places', () => {
  it('are found by address, of both kinds, and the same when they are asked again', async () => {
    const places = await openPlaces({ asnDatabase, countryDatabase });
    for (let i = 0; i < 2; i += 1) {
      const found = [
        '198.51.100.7',
        '198.51.100.200',
        '2001:db8::1',
        '2001:db8:8000::1',
        '203.0.113.1',
        '10.0.0.1',
      ].map((address) => places?.find(addressToBytes(address)));
      expect(found).toEqual([
        { country: 'DE', asNumber: 64_500 },
        { country: '', asNumber: 64_500 },
        { country: 'CU', asNumber: 4_200_000_000 },
        { country: '', asNumber: 4_200_000_000 },
        { country: '', asNumber: 0 },
        { country: '', asNumber: 0 },
      ]);
    }
  });

  it('need only one of the databases, or none', async () => {
    const places = await openPlaces({ countryDatabase });
    expect(places?.find(addressToBytes('198.51.100.7'))).toEqual({ country: 'DE', asNumber: 0 });
    expect(await openPlaces({})).toBeUndefined();
  });

  it('are none for what is no address', async () => {
    const places = await openPlaces({ asnDatabase });
    expect(places?.find(new Uint8Array())).toEqual({ country: '', asNumber: 0 });
  });

  it('name the file that is not there, or is no database', async () => {
    const missing = join(folder.path, 'missing.mmdb');
    await expect(openPlaces({ asnDatabase: missing })).rejects.toThrow(`${missing} cannot be used`);
    const wrong = join(folder.path, 'wrong.mmdb');
    await writeFile(wrong, 'this is a text');
    await expect(openPlaces({ countryDatabase: wrong })).rejects.toThrow(`${wrong} cannot be used`);
  });
});
