import { addressToBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import {
  createFlowEncoder,
  createFlowPool,
  createTemplateStore,
  decodeNetflow,
  type FlowPool,
} from './index.ts';
import { type Family, loadFamilies } from './testing/families.ts';

const captures = capturesFolder();
const families = captures.met ? loadFamilies(captures.path) : [];

/** The bytes of all flows, each datagram encoded before the next is decoded, at a time of its own. */
function encodeFamilies(pool: FlowPool | undefined): Buffer[] {
  const encoder = createFlowEncoder();
  return families.map(({ datagrams }: Family) => {
    const templates = createTemplateStore();
    const exporter = addressToBytes('192.0.2.1');
    for (const [index, datagram] of datagrams.entries()) {
      const timeMs = 1_700_000_000_000 + index;
      encoder.add(decodeNetflow(datagram, { timeMs, exporter, router: 'gw1', templates, pool }).flows);
    }
    return Buffer.from(encoder.finish());
  });
}

describe('flows of a pool', () => {
  it('are encoded as new ones are, whatever was in them before', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const encoded = encodeFamilies(createFlowPool());
    expect(encoded.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(100_000);
    expect(encoded).toEqual(encodeFamilies(undefined));
  });

  it('are used again after a reset, and are as many as are asked for', () => {
    const pool = createFlowPool();
    const first = pool.draft();
    expect(pool.draft()).not.toBe(first);
    pool.reset();
    expect(pool.draft()).toBe(first);
    expect(new Set(Array.from({ length: 1_000 }, () => pool.draft())).size).toBe(1_000);
  });
});
