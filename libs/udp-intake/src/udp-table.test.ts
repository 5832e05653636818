import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseUdpTable, procAddress } from './udp-table.ts';

const header =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const v4 = `${header}
  123: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41010 2 0000000000000000 17
 1234: 00000000:0807 00000000:0000 07 00000000:00021300 00:00000000 00000000     0        0 41011 2 0000000000000000 5
`;
const v6 = `${header}
   99: B80D0120000000000000000001000000:0807 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41012 2 0000000000000000 3
`;

describe.skipIf(endianness() === 'BE')('the table of UDP sockets', () => {
  it('has the socket with an address and port', () => {
    const inodes = (table: string, address: string): string[] =>
      parseUdpTable(table, `${procAddress(address)}:0807`).map(({ inode }) => inode);
    expect(inodes(v4, '127.0.0.1')).toEqual(['41010']);
    expect(inodes(v4, '0.0.0.0')).toEqual(['41011']);
    expect(inodes(v4, '127.0.0.2')).toEqual([]);
    expect(inodes(v6, '2001:db8::1')).toEqual(['41012']);
    expect(inodes('', '127.0.0.1')).toEqual([]);
  });

  it('says what each has dropped, and what waits in it', () => {
    expect(parseUdpTable(v4)).toEqual([
      { inode: '41010', queuedBytes: 0, drops: 17 },
      { inode: '41011', queuedBytes: 0x21300, drops: 5 },
    ]);
  });
});
