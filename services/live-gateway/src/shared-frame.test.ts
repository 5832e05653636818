import { expect, it } from 'vitest';
import { createSharedFrame } from './shared-frame.ts';

const create = () => createSharedFrame({ type: 'delta', ch: 'routers', seq: 7, t: 1_000, d: {} });

it('makes one frame for all who use an id, which comes before everything else', () => {
  const shared = create();
  const frame = shared.withId(3);
  expect(shared.withId(3)).toBe(frame);
  expect(frame[0]).toBe(0x81);
  expect(frame[1]).toBe(frame.length - 2);
  expect(frame.subarray(2).toString()).toBe('{"id":3,"type":"delta","ch":"routers","seq":7,"t":1000,"d":{}}');
});

it('keeps no more memory than the frame takes', () => {
  const frame = create().withId(1);
  expect(frame.buffer.byteLength).toBe(frame.byteLength);
});
