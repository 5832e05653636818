import { addressToBytes, SamplingSource } from '@fairlead/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTemplateStore,
  type Decoded,
  decodeNetflow,
  type DecodedRecords,
  decodeRecords,
} from './index.ts';
import { buildIpfix, buildSet, bytes, templateRecord, type V9Field } from './testing/build-v9.ts';

function createDecoder(
  templates = createTemplateStore(),
): (datagram: Uint8Array, timeMs?: number) => DecodedRecords {
  return (datagram, timeMs = 1_700_000_000_000) =>
    decodeRecords(datagram, { timeMs, exporter: addressToBytes('192.0.2.1'), router: '', templates });
}

const template = (...fields: V9Field[]): Uint8Array => buildSet(2, templateRecord(256, fields));
const data = (...content: Uint8Array[]): Uint8Array => buildSet(256, ...content);

describe('an IPFIX message', () => {
  it('has fields of variable length, short and long, between others', () => {
    const text = new TextEncoder().encode('x'.repeat(300));
    const decoded = createDecoder()(
      buildIpfix(
        {},
        template([82, 65_535], [1, 8], [83, 65_535], [2, 4]),
        data(bytes([2, 1], [0x6162, 2], [77, 8], [255, 1], [300, 2], text, [5, 4])),
      ),
    );
    expect(decoded.records).toMatchObject([
      {
        kind: 'flow',
        template: 256,
        fields: {
          interfaceName: 'ab',
          octetDeltaCount: 77n,
          interfaceDescription: 'x'.repeat(300),
          packetDeltaCount: 5n,
        },
        flow: { bytes: 77, packets: 5 },
      },
    ]);
  });

  it('has a last set that ends behind the length of the message, as far as the datagram goes', () => {
    const message = buildIpfix({}, template([1, 4]), data(bytes([77, 4], [78, 4])));
    new DataView(message.buffer).setUint16(2, message.length - 2);
    expect(createDecoder()(message)).toMatchObject({
      flows: [{ bytes: 77 }, { bytes: 78 }],
      problems: [{ kind: 'trailing-bytes', bytes: 2 }],
    });
    expect(createDecoder()(message.subarray(0, -1))).toMatchObject({
      flows: [],
      problems: [
        { kind: 'set-length', setId: 256 },
        { kind: 'trailing-bytes', bytes: 1 },
      ],
    });
  });

  it('leaves a record out that its set does not hold to the end', () => {
    const decoded = createDecoder()(buildIpfix({}, template([82, 65_535]), data(bytes([9, 1], [0, 4]))));
    expect(decoded).toMatchObject({ flows: [], problems: [{ kind: 'record-length', templateId: 256 }] });
  });

  it('keeps elements of enterprises by number, and the way back of a biflow by name', () => {
    const fields = bytes(
      [256, 2],
      [2, 2],
      [0x8000 + 7, 2],
      [2, 2],
      [9, 4],
      [0x8000 + 1, 2],
      [4, 2],
      [29_305, 4],
    );
    const decoded = createDecoder()(buildIpfix({}, buildSet(2, fields), data(bytes([0xbeef, 2], [6, 4]))));
    expect(decoded.records[0]?.fields).toEqual({ element_9_7: 'beef', reverseOctetDeltaCount: 6n });
    expect(decoded.flows[0]?.bytes).toBe(0);
  });

  it.each([
    ['one template', 256],
    ['all templates', 2],
  ])('withdraws %s', (_what, id) => {
    const decode = createDecoder();
    decode(buildIpfix({}, template([1, 4])));
    decode(buildIpfix({}, buildSet(2, bytes([id, 2], [0, 2]))));
    expect(decode(buildIpfix({}, data(bytes([1, 4]))))).toMatchObject({ flows: [], waitingSets: 1 });
  });

  it('has times by uptime when it says when the device started, behind them as RouterOS does', () => {
    const record = bytes([90_000, 4], [95_000, 4], [1_699_999_900_000, 8]);
    const message = (fields: V9Field[]): Uint8Array =>
      buildIpfix({ exportSeconds: 1_700_000_000 }, template(...fields), data(record));
    expect(
      createDecoder()(
        message([
          [22, 4],
          [21, 4],
          [160, 8],
        ]),
      ).flows[0],
    ).toMatchObject({
      startMs: 1_699_999_990_000,
      endMs: 1_699_999_995_000,
    });
    expect(
      createDecoder()(
        message([
          [22, 4],
          [21, 4],
          [999, 8],
        ]),
      ).flows[0],
    ).toMatchObject({
      startMs: undefined,
      endMs: undefined,
    });
  });

  it.each<[string, V9Field[], Uint8Array, number]>([
    [
      'a burst and a pause',
      [
        [305, 4],
        [306, 4],
      ],
      bytes([10, 4], [990, 4]),
      100,
    ],
    [
      'so many of so many',
      [
        [309, 4],
        [310, 4],
      ],
      bytes([2, 4], [512, 4]),
      256,
    ],
    ['one of so many', [[34, 4]], bytes([64, 4]), 64],
    [
      'the way that applies, where the fields of several are there',
      [
        [305, 4],
        [304, 2],
        [309, 4],
        [310, 4],
      ],
      bytes([1, 4], [3, 2], [1, 4], [256, 4]),
      256,
    ],
  ])('has its sampling rate as %s', (_what, fields, record, samplingRate) => {
    const { flows } = createDecoder()(buildIpfix({}, template(...fields), data(record)));
    expect(flows[0]).toMatchObject({ samplingRate, samplingSource: SamplingSource.RECORD });
  });
});

describe('data before its template', () => {
  it('is decoded when the template comes, with its own time of receipt', () => {
    const decode = createDecoder();
    expect(decode(buildIpfix({}, data(bytes([5, 4]))), 1_000)).toMatchObject({ waitingSets: 1, flows: [] });
    const { flows } = decode(buildIpfix({}, template([1, 4])), 2_000);
    expect(flows).toMatchObject([{ bytes: 5, timeMs: 1_000 }]);
    expect(decode(buildIpfix({}, template([1, 4])), 3_000).flows).toEqual([]);
  });

  it.each([
    ['too long', { waitingMs: 1_000 }, 1],
    ['without room for all of it', { waitingBytesPerExporter: 600 }, 1],
  ])('that waits %s is dropped, and reported once', (_what, limits, lost) => {
    const decode = createDecoder(createTemplateStore(limits));
    const all = [0, 1, 2].map((i) => decode(buildIpfix({ domain: 7 }, data(bytes([i, 4]))), 1_000 + i * 600));
    expect(all.flatMap(({ problems }) => problems)).toEqual(
      Array.from({ length: lost }, () => ({
        kind: 'template-missing',
        observationDomain: 7,
        templateId: 256,
      })),
    );
  });

  it('waits on in a store that is made of the entries of another', () => {
    const before = createTemplateStore();
    createDecoder(before)(buildIpfix({}, data(bytes([5, 4]))));
    const after = createDecoder(createTemplateStore({}, before.entries()));
    expect(after(buildIpfix({}, template([1, 4]))).flows).toMatchObject([{ bytes: 5 }]);
  });
});

describe('a hostile IPFIX message', () => {
  const decode = (datagram: Uint8Array): Decoded =>
    decodeNetflow(datagram, {
      timeMs: 1,
      exporter: new Uint8Array(16),
      router: '',
      templates: createTemplateStore(),
    });

  it.each([
    ['a set of length 0', buildIpfix({}, bytes([256, 2], [0, 2])), 'set-length'],
    [
      'a template of 65 535 fields',
      buildIpfix({}, buildSet(2, bytes([256, 2], [65_535, 2]))),
      'bad-template',
    ],
    [
      'an options template with more scope than fields',
      buildIpfix({}, buildSet(3, bytes([256, 2], [1, 2], [2, 2], [1, 2], [4, 2]))),
      'bad-template',
    ],
    ['a message cut short', buildIpfix({}, data(bytes([5, 4]))).subarray(0, 20), 'set-length'],
  ])('with %s is a problem', (_what, datagram, kind) => {
    expect(decode(datagram).problems[0]?.kind).toBe(kind);
  });

  it('never throws, whatever its sets are', () => {
    const set = fc
      .tuple(fc.constantFrom(2, 3, 256, 257), fc.uint8Array({ maxLength: 80 }))
      .map(([id, content]) => buildSet(id, content));
    const known = buildSet(
      2,
      templateRecord(256, [
        [82, 65_535],
        [1, 4],
        [83, 65_535],
      ]),
    );
    fc.assert(
      fc.property(fc.array(set, { maxLength: 8 }), fc.nat({ max: 200 }), (sets, cut) => {
        const message = buildIpfix({}, known, ...sets);
        createDecoder()(message.subarray(0, Math.max(0, message.length - cut)));
      }),
    );
  });
});
