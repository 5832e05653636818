import { addressToBytes, encodeFrames, RawDatagram } from '@fairlead/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRawDatagramGatherers } from './raw-datagram-gatherer.ts';

const sources = [
  { address: addressToBytes('192.0.2.1'), text: '192.0.2.1', router: 'gw1' },
  { address: addressToBytes('2001:db8::1'), text: '2001:db8::1', router: '' },
  { address: addressToBytes('192.0.2.2'), text: '192.0.2.2', router: 'größer' },
] as const;

const datagram = fc.record({
  timeMs: fc.oneof(
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.constantFrom(127, 128, 1_700_000_000_000, 2 ** 31, 2 ** 32, 2 ** 35),
  ),
  source: fc.constantFrom(...sources),
  sourcePort: fc.oneof(fc.constant(2_055), fc.integer({ min: 0, max: 65_535 })),
  payload: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.constantFrom(127, 128, 16_384, 65_507).map((length) => new Uint8Array(length).fill(7)),
  ),
});

it('makes the bytes of the generated encoder, also in memory that was used before', () => {
  const createGatherer = createRawDatagramGatherers();
  fc.assert(
    fc.property(fc.array(datagram, { maxLength: 20 }), (datagrams) => {
      const gatherer = createGatherer();
      for (const item of datagrams) gatherer.add(item);
      const wanted = encodeFrames(
        RawDatagram,
        datagrams.map(({ timeMs, source, sourcePort, payload }) => ({
          timeMs,
          exporter: source.address,
          exporterPort: sourcePort,
          router: source.router,
          payload,
        })),
      );
      expect(Buffer.compare(gatherer.finish(), wanted)).toBe(0);
      gatherer.recycle();
    }),
  );
});

it('does not look at a payload after it was added', () => {
  const gatherer = createRawDatagramGatherers()();
  const payload = Uint8Array.of(1, 2, 3);
  gatherer.add({ timeMs: 1, source: sources[0], sourcePort: 2_055, payload });
  payload.fill(0);
  expect([...gatherer.finish().subarray(-3)]).toEqual([1, 2, 3]);
});
