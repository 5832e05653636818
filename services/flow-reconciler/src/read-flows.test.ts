import { encodeFrames, Flow, FrameError } from '@fairlead/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readFlows } from './read-flows.ts';

const text = fc.string({ maxLength: 20, unit: 'grapheme' });
const uint32 = fc.nat({ max: 0xffff_ffff });
const timeMs = fc.option(fc.maxSafeNat(), { nil: undefined });
const flow: fc.Arbitrary<Flow> = fc
  .record({
    timeMs: fc.maxSafeNat(),
    router: text,
    srcAddress: fc.uint8Array({ maxLength: 200 }),
    srcPort: uint32,
    bytes: fc.maxSafeNat(),
    startMs: timeMs,
    endMs: timeMs,
    samplingRate: uint32,
    inputInterface: text,
    wan: text,
    direction: fc.constantFrom(0, 1, 2, 3),
    dstCountry: text,
  })
  .map((fields) => ({ ...Flow.decode(new Uint8Array()), ...fields }));

/** The part of a flow that is read. */
const part = ({ timeMs, router, wan, direction, bytes, samplingRate, startMs, endMs }: Flow) => ({
  ...{ timeMs, router, wan, direction, bytes, samplingRate, startMs, endMs },
});

it('reads what the generated code reads', () => {
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 10 }), (flows) => {
      const read: unknown[] = [];
      readFlows(encodeFrames(Flow, flows), (one) => read.push(one));
      expect(read).toEqual(flows.map(part));
    }),
  );
});

it('refuses what is no batch of flows, and never reads beyond it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      try {
        readFlows(value, () => undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
      }
    }),
  );
  const whole = encodeFrames(Flow, [{ ...Flow.decode(new Uint8Array()), bytes: 5, wan: 'ISP1' }]);
  expect(() => readFlows(whole.subarray(0, -1), () => undefined)).toThrow(FrameError);
});
