import { expect, it } from 'vitest';
import { parseNetDev } from './net-dev.ts';

it('reads received and sent bytes and packets of each device', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
ether1:18446744073709551615  12 0    0    0     0          0         0     3400      9    0    0    0     0       0          0
`;
  expect(parseNetDev(text).get('ether1')).toEqual({
    rxBytes: 18_446_744_073_709_551_615n,
    rxPackets: 12n,
    txBytes: 3_400n,
    txPackets: 9n,
  });
});
