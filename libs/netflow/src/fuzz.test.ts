import { addressToBytes, encodeFrames, Flow } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadFamilies } from './testing/families.ts';
import { createTemplateStore, type Decoded, decodeNetflow, type TemplateStore } from './index.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);
const captures = capturesFolder();
const datagrams = captures.met ? loadFamilies(captures.path).flatMap((family) => family.datagrams) : [];

/** Decodes, and encodes what came of it: a flow that cannot be stored would be as bad as a crash. */
function decodeAndEncode(datagram: Uint8Array, templates: TemplateStore): Decoded {
  const context = { timeMs: 1, exporter: addressToBytes('192.0.2.1'), router: '', templates };
  const decoded = decodeNetflow(datagram, context);
  encodeFrames(Flow, decoded.flows);
  return decoded;
}

describe('the decoder never throws and never loops', () => {
  it('on random bytes that call themselves flow datagrams', () => {
    const templates = createTemplateStore();
    fc.assert(
      fc.property(fc.constantFrom(1, 5, 7, 9, 10), fc.uint8Array({ maxLength: 1_500 }), (version, rest) => {
        decodeAndEncode(Uint8Array.of(0, version, ...rest), templates);
      }),
      { numRuns },
    );
  });

  it('on sets with random ids, lengths and contents', () => {
    const set = fc
      .tuple(
        fc.constantFrom(0, 1, 2, 256, 257),
        fc.integer({ min: 0, max: 64 }),
        fc.uint8Array({ maxLength: 64 }),
      )
      .map(([id, length, content]) => [id >> 8, id & 0xff, 0, length, ...content]);
    const templates = createTemplateStore();
    fc.assert(
      fc.property(fc.array(set, { maxLength: 20 }), (sets) => {
        decodeAndEncode(Uint8Array.from([0, 9, ...new Uint8Array(18), ...sets.flat()]), templates);
      }),
      { numRuns },
    );
  });

  it('on real datagrams cut at any length', (context) => {
    if (!captures.met) context.skip(captures.reason);
    for (const datagram of datagrams.filter(({ length }) => length < 3_000)) {
      const templates = createTemplateStore();
      for (let length = 0; length <= datagram.length; length += 1) {
        decodeAndEncode(datagram.subarray(0, length), templates);
      }
    }
  });

  it('on real datagrams with bytes changed, and its flows stay within the datagram', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const change = fc.tuple(fc.nat({ max: 1_499 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...datagrams),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (original, changes) => {
          const datagram = Uint8Array.from(original);
          for (const [at, value] of changes) datagram[at % datagram.length] = value;
          const { flows, optionsRecords } = decodeAndEncode(datagram, createTemplateStore());
          expect(flows.length + optionsRecords).toBeLessThan(datagram.length);
        },
      ),
      { numRuns },
    );
  });
});
