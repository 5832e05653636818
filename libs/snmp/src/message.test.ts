import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBindings, decodeResponse, encodeRequest, requestIds, withId } from './message.ts';
import {
  decodeElements,
  decodeInteger,
  decodeOid,
  encodeElement,
  encodeInteger,
  encodeOid,
} from './testing/ber.ts';
import type { VarBind } from './var-bind.ts';

const oid = fc
  .array(fc.integer({ min: 0, max: 0xff_ff_ff_ff }), { maxLength: 20 })
  .map((arcs) => ['1.3', ...arcs].join('.'));

function response(id: number, bindings: readonly (readonly [oid: string, value: Buffer])[]): Buffer {
  const list = bindings.map(([name, value]) => encodeElement(0x30, encodeOid(name), value));
  return encodeElement(
    0x30,
    encodeInteger(2, 1n),
    encodeElement(4, Buffer.from('public')),
    encodeElement(
      0xa2,
      encodeInteger(2, BigInt(id)),
      encodeInteger(2, 0n),
      encodeInteger(2, 0n),
      encodeElement(0x30, ...list),
    ),
  );
}

function read(datagram: Uint8Array): readonly VarBind[] | undefined {
  const decoded = decodeResponse(datagram);
  return decoded && decodeBindings(decoded.bindings);
}

describe('a request', () => {
  it('is read by another decoder as it was meant', () => {
    fc.assert(
      fc.property(
        fc.array(oid, { maxLength: 30 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer(requestIds),
        (oids, maxRepetitions, id) => {
          const encoded = encodeRequest('public', { kind: 'get-bulk', oids, maxRepetitions });
          const [version, community, pdu] = decodeElements(
            decodeElements(Buffer.from(withId(encoded, id)))[0]?.content ?? Buffer.alloc(0),
          );
          const [readId, none, repetitions, list] = decodeElements(pdu?.content ?? Buffer.alloc(0));
          expect(version?.content).toEqual(Buffer.of(1));
          expect(community?.content.toString()).toBe('public');
          expect(pdu?.tag).toBe(0xa5);
          expect(readId && decodeInteger(readId.content)).toBe(id);
          expect(none && decodeInteger(none.content)).toBe(0);
          expect(repetitions && decodeInteger(repetitions.content)).toBe(maxRepetitions);
          const asked = decodeElements(list?.content ?? Buffer.alloc(0)).map(({ content }) =>
            decodeOid(decodeElements(content)[0]?.content ?? content),
          );
          expect(asked).toEqual(oids);
        },
      ),
    );
  });
});

describe('a response', () => {
  it('gives back every number of up to 64 bits', () => {
    const number = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => [70, value] as const),
      fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => [65, value] as const),
      fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n }).map((value) => [2, value] as const),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(oid, number), { maxLength: 40 }), (bindings) => {
        const bytes = response(
          7,
          bindings.map(([name, [tag, value]]) => [name, encodeInteger(tag, value)]),
        );
        const decoded = read(bytes);
        expect(decoded?.map((binding) => [binding.oid, BigInt(binding.value as number | bigint)])).toEqual(
          bindings.map(([name, [, value]]) => [name, value]),
        );
      }),
    );
  });

  it.each([
    ['a counter without its leading zero', Buffer.from([65, 4, 0xff, 0xff, 0xff, 0xff]), 4_294_967_295],
    ['a 64-bit number in a 32-bit type', encodeInteger(65, 2n ** 40n), 2 ** 40],
    ['a counter of 10 bytes', Buffer.from([70, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), null],
    ['an empty counter', Buffer.from([70, 0]), null],
    ['a float in an Opaque', Buffer.from([68, 7, 0x9f, 0x78, 4, 0x41, 0xb4, 0, 0]), 22.5],
    ['a type that there is not', Buffer.from([0x77, 1, 1]), null],
    ['noSuchInstance', Buffer.from([0x81, 0]), undefined],
    ['an object identifier', encodeOid('1.3.6.1.4.1.14988.1'), '1.3.6.1.4.1.14988.1'],
  ])('with %s', (_, element, value) => {
    expect(read(response(1, [['1.3.6', element]]))).toEqual([{ oid: '1.3.6', value }]);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        read(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws when bytes of a good one are wrong, cut or added', () => {
    const good = response(1, [
      ['1.3.6.1.2.1.1.3.0', encodeInteger(67, 12_345n)],
      ['1.3.6.1.2.1.31.1.1.1.6.4026531841', encodeInteger(70, 2n ** 63n)],
      ['1.3.6.1.2.1.31.1.1.1.1.1', encodeElement(4, Buffer.from('ether1'))],
    ]);
    const edit = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(good.length + 5), (edits, length) => {
        const bytes = Buffer.alloc(length);
        good.copy(bytes);
        for (const { at, byte } of edits) if (at < length) bytes[at] = byte;
        read(bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused with lengths that lie', () => {
    const good = response(1, [['1.3.6', encodeInteger(2, 1n)]]);
    for (const length of [[0x84, 0xff, 0xff, 0xff, 0xff], [0x80], [0x7f], [0x85, 0, 0, 0, 0, 1]]) {
      expect(read(Buffer.concat([Buffer.from([0x30, ...length]), good.subarray(2)]))).toBeUndefined();
    }
  });
});
