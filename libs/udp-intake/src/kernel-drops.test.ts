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

describe.skipIf(endianness() === 'BE')('the table of UDP sockets', () => {
  it('has the drops of the socket with that address and port', () => {
    expect(findKernelDrops(v4, '127.0.0.1', 2055)).toBe(17);
    expect(findKernelDrops(v4, '0.0.0.0', 2055)).toBe(5);
    expect(findKernelDrops(v6, '2001:db8::1', 2055)).toBe(3);
  });

  it('has nothing about other sockets', () => {
    expect(findKernelDrops(v4, '127.0.0.1', 2056)).toBeUndefined();
    expect(findKernelDrops(v4, '127.0.0.2', 2055)).toBeUndefined();
    expect(findKernelDrops('', '127.0.0.1', 2055)).toBeUndefined();
  });
});
