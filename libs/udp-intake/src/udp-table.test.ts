import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findKernelDrops } from './kernel-drops.ts';

const header =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const v4 = `${header}
  123: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41010 2 0000000000000000 17
 1234: 00000000:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41011 2 0000000000000000 5
`;
const v6 = `${header}
   99: B80D0120000000000000000001000000:0807 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41012 2 0000000000000000 3
`;

const drops = (table: string, address: string): number[] =>
  findKernelDrops(table, address, 2055).map((socket) => socket.drops);

describe.skipIf(endianness() === 'BE')('the table of UDP sockets', () => {
  it('has the drops of the socket with that address and port', () => {
    expect(drops(v4, '127.0.0.1')).toEqual([17]);
    expect(drops(v4, '0.0.0.0')).toEqual([5]);
    expect(drops(v6, '2001:db8::1')).toEqual([3]);
  });

  it('tells sockets apart that share a port', () => {
    const shared = `${v4}${v4.replaceAll('41010', '41013')}`;
    expect(findKernelDrops(shared, '127.0.0.1', 2055)).toEqual([
      { inode: '41010', drops: 17 },
      { inode: '41013', drops: 17 },
    ]);
  });

  it('has nothing about other sockets', () => {
    expect(findKernelDrops(v4, '127.0.0.1', 2056)).toEqual([]);
    expect(findKernelDrops(v4, '127.0.0.2', 2055)).toEqual([]);
    expect(findKernelDrops('', '127.0.0.1', 2055)).toEqual([]);
  });
});
