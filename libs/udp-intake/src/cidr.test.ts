import { addressToBytes } from '@fairlead/model';
import { expect, it } from 'vitest';
import { isInCidr, parseCidr } from './cidr.ts';

const holds = (block: string, address: string): boolean => {
  const cidr = parseCidr(block);
  if (!cidr) throw new Error(`${block} is no block`);
  return isInCidr(cidr, addressToBytes(address));
};

it.each([
  ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
  ['192.0.2.64/26', '192.0.2.127', '192.0.2.128'],
  ['192.0.2.7', '192.0.2.7', '192.0.2.6'],
  ['192.0.2.7/24', '192.0.2.200', '192.0.3.7'],
  ['0.0.0.0/0', '255.255.255.255', '2001:db8::1'],
  ['10.0.0.0/8', '::ffff:10.1.2.3', '::a01:203'],
  ['::ffff:10.0.0.0/104', '10.1.2.3', '11.0.0.1'],
  ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
  ['2001:db8::1', '2001:db8:0::1', '2001:db8::2'],
  ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'],
])('%s has %s and not %s', (block, inside, outside) => {
  expect([holds(block, inside), holds(block, outside)]).toEqual([true, false]);
});

it('::/0 is everyone', () => {
  expect([holds('::/0', '192.0.2.1'), holds('::/0', '2001:db8::1')]).toEqual([true, true]);
});

it.each([
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0/8',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  'gw1',
  'gw1/8',
])('"%s" is no block', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});
