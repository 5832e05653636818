import { bytes } from '@fairlead/netflow/testing';
import { expect, it } from 'vitest';
import { isFlowDatagram } from './is-flow-datagram.ts';

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const elsewhere = (payload: Uint8Array): boolean => isFlowDatagram(payload, 50_000, false);

const v1 = bytes([1, 2], [2, 2], zeros(12), zeros(96));
const v5 = bytes([5, 2], [1, 2], zeros(20), zeros(48));
const v7 = bytes([7, 2], [1, 2], zeros(20), zeros(52));
const v9 = bytes([9, 2], [1, 2], zeros(16), [256, 2], [8, 2], [1, 4]);
const ipfix = bytes([10, 2], [24, 2], zeros(12), [2, 2], [8, 2], [0, 4]);
const sflow = bytes([5, 4], [1, 4], zeros(20));
/** A binding request of STUN (RFC 8489) with an attribute of four bytes; 0x0001 is its type, 8 its length. */
const stun = bytes([1, 2], [8, 2], [0x2112_a442, 4], zeros(12), [0x0024, 2], [4, 2], [7, 4]);

it.each([
  ['v1', v1],
  ['v5', v5],
  ['v5 with a few bytes behind it', bytes(v5, zeros(6))],
  ['v7', v7],
  ['v9', v9],
  ['IPFIX', ipfix],
  ['sFlow', sflow],
])('%s is one on any port', (_name, payload) => {
  expect(elsewhere(payload)).toBe(true);
});

it.each([
  ['STUN', stun],
  ['v5 without records', bytes([5, 2], [0, 2], zeros(20))],
  ['v5 with more records than it holds', bytes([5, 2], [9, 2], zeros(20), zeros(48))],
  ['v9 with a set longer than the datagram', bytes([9, 2], [1, 2], zeros(16), [256, 2], [80, 2], [1, 4])],
  ['v9 with a reserved set', bytes([9, 2], [1, 2], zeros(16), [99, 2], [8, 2], [1, 4])],
  ['v9 that ends in its header', v9.subarray(0, 18)],
  ['IPFIX longer than the datagram', bytes([10, 2], [25, 2], ipfix.subarray(4))],
])('%s is one on a port of flows only', (_name, payload) => {
  expect(elsewhere(payload)).toBe(false);
  expect(isFlowDatagram(payload, 2_055, false)).toBe(true);
});

it('what was captured in part cannot fit, and is taken for what it begins as', () => {
  expect(isFlowDatagram(v5.subarray(0, 40), 50_000, true)).toBe(true);
});

it.each([
  ['another version', bytes([8, 2], zeros(46))],
  ['nothing', zeros(0)],
  ['one byte', zeros(1)],
])('%s is none anywhere', (_name, payload) => {
  expect(isFlowDatagram(payload, 2_055, true)).toBe(false);
});
