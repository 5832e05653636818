import { addressToBytes, encodeFrames, Flow } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datagramLimits } from './datagram-limits.ts';
import { buildIpfix, buildSet, buildV9, bytes, templateRecord } from './testing/build-v9.ts';
import { loadFamilies } from './testing/families.ts';
import { worstCases } from './testing/worst-cases.ts';
import {
  createFlowPool,
  createTemplateStore,
  type Decoded,
  decodeNetflow,
  type TemplateStore,
} from './index.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);
const captures = capturesFolder();
const datagrams = captures.met ? loadFamilies(captures.path).flatMap((family) => family.datagrams) : [];

const pool = createFlowPool();

/**
 * Decodes, and encodes what came of it: a flow that cannot be stored would be as bad as a crash. The flows are good until
 * the next call.
 */
function decodeAndEncode(datagram: Uint8Array, templates: TemplateStore): Decoded {
  const context = { timeMs: 1, exporter: addressToBytes('192.0.2.1'), router: '', templates, pool };
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
      // Every place of the headers and first records; behind them a step that meets every place of a field.
      for (let length = 0; length <= datagram.length; length += length < 300 ? 1 : 7) {
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

  it('on two real datagrams that were cut and joined', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const templates = createTemplateStore();
    const any = fc.constantFrom(...datagrams);
    const anywhere = fc.nat({ max: 65_535 });
    fc.assert(
      fc.property(any, anywhere, any, anywhere, (first, cut, second, begin) => {
        const head = first.subarray(0, cut % (first.length + 1));
        const tail = second.subarray(begin % (second.length + 1));
        decodeAndEncode(Uint8Array.of(...head, ...tail), templates);
      }),
      { numRuns },
    );
  });

  it('on real datagrams whose sets were moved from one to another', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const headers = { 9: 20, 10: 16 } as const;
    const withSets = datagrams.flatMap((datagram) => {
      const version = datagram[1];
      return version === 9 || version === 10 ? [{ version, datagram } as const] : [];
    });
    const sets = withSets.flatMap(({ version, datagram }) => [...setsOf(datagram, headers[version])]);
    const templates = createTemplateStore();
    fc.assert(
      fc.property(
        fc.constantFrom(...withSets),
        fc.array(fc.constantFrom(...sets), { maxLength: 12 }),
        ({ version, datagram }, moved) => {
          const header = Uint8Array.from(datagram.subarray(0, headers[version]));
          const length = header.length + moved.reduce((sum, set) => sum + set.length, 0);
          if (version === 10) new DataView(header.buffer).setUint16(2, length);
          const { problems } = decodeAndEncode(bytes(header, ...moved), templates);
          // Sets that are whole stay so, whatever they mean beside each other.
          expect(problems.filter(({ kind }) => kind === 'set-length' || kind === 'truncated')).toEqual([]);
        },
      ),
      { numRuns },
    );
  });
});

/** The sets of a datagram as far as their lengths are right. */
function* setsOf(datagram: Uint8Array, headerBytes: number): Generator<Uint8Array> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  for (let at = headerBytes; at + 4 <= datagram.length;) {
    const length = view.getUint16(at + 2);
    if (length < 4 || at + length > datagram.length) return;
    yield datagram.subarray(at, at + length);
    at += length;
  }
}

describe('a datagram', () => {
  it.each(worstCases)('with $name asks for no more than it may', ({ before, datagram }) => {
    expect(datagram.length).toBeLessThanOrEqual(65_507);
    const templates = createTemplateStore();
    for (const earlier of before) decodeAndEncode(earlier, templates);
    const decoded = decodeAndEncode(datagram, templates);
    const { flows, optionsRecords, waitingSets, problems } = decoded;
    expect(flows.length + optionsRecords).toBeLessThanOrEqual(datagramLimits.records);
    expect(decoded.templates).toBeLessThanOrEqual(datagramLimits.announcements);
    expect(waitingSets).toBeLessThanOrEqual(datagramLimits.sets);
    expect(problems.length).toBeLessThanOrEqual(2 * datagramLimits.sets);
  });

  const template = (fields: number, field: readonly [number, number] = [4, 1]): Uint8Array =>
    templateRecord(
      256,
      Array.from({ length: fields }, () => field),
    );

  it('with more records than that says what was left out', () => {
    const datagram = buildV9({}, buildSet(0, template(2)), buildSet(256, new Uint8Array(4_000)));
    const { flows, problems } = decodeAndEncode(datagram, createTemplateStore());
    expect(flows).toHaveLength(1_024);
    expect(problems).toEqual([{ kind: 'too-many-records', templateId: 256, leftBytes: 4_000 - 2_048 }]);
  });

  it('with as many records, sets and templates as it may has no problem', () => {
    const sets = Array.from({ length: 511 }, () => buildSet(256, Uint8Array.of(6, 17)));
    const datagram = buildV9({}, buildSet(0, template(1)), ...sets);
    expect(decodeAndEncode(datagram, createTemplateStore())).toMatchObject({
      templates: 1,
      flows: { length: 1_022 },
      problems: [],
    });
    const tooMany = buildV9({}, buildSet(0, template(1)), ...sets, buildSet(256, Uint8Array.of(6, 17)));
    expect(decodeAndEncode(tooMany, createTemplateStore()).problems).toEqual([
      { kind: 'too-many-sets', leftBytes: 6 },
    ]);
    const announcements = (count: number): Uint8Array =>
      buildV9({}, buildSet(0, ...Array.from({ length: count }, () => template(8))));
    expect(decodeAndEncode(announcements(256), createTemplateStore())).toMatchObject({
      templates: 256,
      problems: [],
    });
    expect(decodeAndEncode(announcements(257), createTemplateStore())).toMatchObject({
      templates: 256,
      problems: [{ kind: 'too-many-templates' }],
    });
  });

  it('with the first data of too many templates reads those of the others', () => {
    const store = createTemplateStore();
    const templates = Array.from({ length: 65 }, (_, i) =>
      templateRecord(
        256 + i,
        Array.from({ length: 8 }, () => [4, 1] as const),
      ),
    );
    const data = Array.from({ length: 65 }, (_, i) => buildSet(256 + i, new Uint8Array(8)));
    expect(decodeAndEncode(buildV9({}, buildSet(0, ...templates)), store).problems).toEqual([]);
    expect(decodeAndEncode(buildV9({}, ...data), store)).toMatchObject({
      flows: { length: 64 },
      problems: [{ kind: 'too-many-templates' }],
    });
    expect(decodeAndEncode(buildV9({}, ...data), store)).toMatchObject({
      flows: { length: 65 },
      problems: [],
    });
    const waited = createTemplateStore();
    decodeAndEncode(buildV9({}, ...data), waited);
    expect(decodeAndEncode(buildV9({}, buildSet(0, ...templates)), waited)).toMatchObject({
      flows: { length: 64 },
      problems: [{ kind: 'too-many-templates' }],
    });
  });

  it.each([
    ['0 fields', template(0), 'bad-template'],
    ['65 535 fields that are not there', bytes([256, 2], [65_535, 2], [4, 2], [1, 2]), 'bad-template'],
    ['more fields than a template may have', template(513), 'bad-template'],
    ['nothing but fields without length', template(512, [4, 0]), 'bad-template'],
    ['512 fields', template(512), undefined],
  ])('with a template of %s is read on behind it', (_, record, problem) => {
    const datagram = buildV9({}, buildSet(0, record), buildSet(0, templateRecord(300, [[1, 4]])));
    const { templates, problems } = decodeAndEncode(datagram, createTemplateStore());
    expect(problems.map(({ kind }) => kind)).toEqual(problem === undefined ? [] : [problem]);
    expect(templates).toBe(problem === undefined ? 2 : 1);
  });

  it('with fields of variable length is read by the lengths in its records, and by nothing else', () => {
    const fields = templateRecord(256, [
      [82, 65_535],
      [8_000, 3],
      [83, 65_535],
      [1, 4],
      [82, 65_535],
      [2, 4],
      [83, 65_535],
    ]);
    const field = fc.oneof(
      fc.nat({ max: 254 }).map((length) => bytes([length, 1], new Uint8Array(length))),
      fc.nat({ max: 600 }).map((length) => bytes([255, 1], [length, 2], new Uint8Array(length))),
    );
    const record = fc
      .tuple(field, field, field, field, fc.nat(), fc.nat())
      .map(([a, b, c, d, octets, packets]) => ({
        content: bytes(a, [1, 3], b, [octets, 4], c, [packets, 4], d),
        flow: { bytes: octets, packets },
      }));
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
        const data = buildSet(256, ...records.map(({ content }) => content));
        const datagram = buildIpfix({}, buildSet(2, fields), data);
        const { flows, problems } = decodeAndEncode(datagram, createTemplateStore());
        expect(flows).toMatchObject(records.map(({ flow }) => flow));
        expect(problems).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
