import { encodeFrames, Flow } from '@fairlead/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFlowEncoder } from './index.ts';

const uint32 = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 0x7fff_ffff, 0xffff_ffff),
  fc.nat({ max: 0xffff_ffff }),
);
const large = fc.oneof(uint32, fc.maxSafeNat());
const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
const text = fc.oneof(fc.constantFrom('', 'ether1', 'DE'), fc.string({ maxLength: 200, unit: 'grapheme' }));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

/** Every field of the schema: a new one must be written here, and so in the encoder. */
const fields: { readonly [Name in keyof Required<Flow>]: fc.Arbitrary<Flow[Name]> } = {
  timeMs: large,
  router: fc.string({ maxLength: 63, unit: 'grapheme' }),
  exporter: fc.oneof(address, fc.constant(new Uint8Array())),
  version: uint32,
  observationDomain: uint32,
  ipVersion: uint32,
  srcAddress: fc.oneof(address, fc.constant(new Uint8Array())),
  dstAddress: address,
  srcPort: uint32,
  dstPort: uint32,
  protocol: uint32,
  tcpFlags: uint32,
  tos: uint32,
  inputIfIndex: uint32,
  outputIfIndex: uint32,
  bytes: large,
  packets: large,
  startMs: optional(large),
  endMs: optional(large),
  samplingRate: uint32,
  samplingSource: fc.constantFrom(0, 1, 2, 3, 4),
  nextHop: optional(address),
  postNatSrcAddress: optional(address),
  postNatDstAddress: optional(address),
  postNatSrcPort: optional(uint32),
  postNatDstPort: optional(uint32),
  srcAs: uint32,
  dstAs: uint32,
  inputInterface: text,
  outputInterface: text,
  wan: text,
  direction: fc.constantFrom(0, 1, 2, 3),
  insideAddress: optional(address),
  srcCountry: text,
  dstCountry: text,
};
const flow: fc.Arbitrary<Flow> = fc.record(fields);

/** The bytes of the flows, added in two parts. */
function encode(flows: readonly Flow[]): Buffer {
  const encoder = createFlowEncoder();
  encoder.add(flows.slice(0, 7));
  encoder.add(flows.slice(7));
  return Buffer.from(encoder.finish());
}

it('writes the bytes that the generated code writes', () => {
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 20 }), (flows) => {
      expect(encode(flows)).toEqual(Buffer.from(encodeFrames(Flow, flows)));
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
  );
});

it('writes the same for many flows of one datagram, and for very small ones', () => {
  const [first] = fc.sample(flow, { numRuns: 1, seed: 1 });
  const same = Array.from({ length: 500 }, (_, i) => ({
    ...(first ?? Flow.decode(new Uint8Array())),
    srcPort: i,
  }));
  const small = Array.from({ length: 500 }, () => Flow.decode(new Uint8Array()));
  for (const flows of [same, small, [...same, ...small]]) {
    expect(encode(flows)).toEqual(Buffer.from(encodeFrames(Flow, flows)));
  }
});

it('writes names of any number and length', () => {
  const blank = Flow.decode(new Uint8Array());
  const flows = Array.from({ length: 10_000 }, (_, i) => ({
    ...blank,
    inputInterface: `<pppoe-${i}>`,
    wan: 'ISP1',
  }));
  const long = { ...blank, outputInterface: 'ÿ€🛰'.repeat(30_000) };
  for (const batch of [flows, [long, ...flows.slice(0, 3), long]]) {
    expect(encode(batch).equals(encodeFrames(Flow, batch))).toBe(true);
  }
});

it('is empty after it has given what it gathered', () => {
  const encoder = createFlowEncoder();
  encoder.add([Flow.decode(new Uint8Array())]);
  expect(encoder.byteLength).toBe(1);
  expect([...encoder.finish()]).toEqual([0]);
  expect(encoder.byteLength).toBe(0);
  expect(encoder.finish()).toHaveLength(0);
});
