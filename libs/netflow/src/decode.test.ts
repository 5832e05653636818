import { addressFromBytes, addressToBytes, type Flow, FlowDirection, SamplingSource } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import {
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
  type V9Field,
} from './testing/build-v9.ts';
import { createTemplateStore, type Decoded, decodeNetflow } from './index.ts';

const gateway = addressToBytes('192.0.2.1');

/** A decoder with a memory, as one exporter sees it. */
function createDecoder(exporter = gateway): (datagram: Uint8Array) => Decoded {
  const templates = createTemplateStore();
  return (datagram) =>
    decodeNetflow(datagram, { timeMs: 1_700_000_000_000, exporter, router: 'gw1', templates });
}

const IN_BYTES: V9Field = [1, 4];
const SRC_ADDRESS: V9Field = [8, 4];
const template = (...fields: V9Field[]): Uint8Array => buildSet(0, templateRecord(256, fields));
const onlyFlow = (decoded: Decoded): Flow => {
  const [flow, ...others] = decoded.flows;
  if (!flow || others.length > 0) throw new Error(`expected one flow, got ${decoded.flows.length}`);
  return flow;
};

describe('a v9 datagram', () => {
  it('says what it knows of a flow and of the device that saw it', () => {
    const decode = createDecoder();
    const fields: V9Field[] = [
      [60, 1],
      [22, 4],
      [21, 4],
      [2, 4],
      [1, 4],
      [7, 2],
      [11, 2],
      [10, 4],
      [14, 4],
      [4, 1],
      [6, 1],
      [5, 1],
      [8, 4],
      [12, 4],
      [15, 4],
      [225, 4],
      [226, 4],
      [227, 2],
      [228, 2],
      [16, 2],
      [17, 4],
    ];
    const record = bytes(
      [4, 1],
      [90_000, 4],
      [95_000, 4],
      [7, 4],
      [4_200, 4],
      [51_000, 2],
      [443, 2],
      [2, 4],
      [0x8000_0001, 4],
      [6, 1],
      [0x1b, 1],
      [0x2e, 1],
      Uint8Array.of(10, 0, 0, 5),
      Uint8Array.of(198, 51, 100, 7),
      Uint8Array.of(203, 0, 113, 1),
      Uint8Array.of(203, 0, 113, 2),
      Uint8Array.of(198, 51, 100, 7),
      [40_001, 2],
      [443, 2],
      [65_001, 2],
      [4_200_000_001, 4],
    );
    const header = { uptimeMs: 100_000, unixSeconds: 1_700_000_000, sourceId: 3 };
    const decoded = decode(buildV9(header, template(...fields), buildSet(256, record)));
    expect(decoded).toMatchObject({ version: 9, templates: 1, optionsRecords: 0, problems: [] });
    expect(onlyFlow(decoded)).toEqual({
      timeMs: 1_700_000_000_000,
      router: 'gw1',
      exporter: gateway,
      version: 9,
      observationDomain: 3,
      ipVersion: 4,
      srcAddress: addressToBytes('10.0.0.5'),
      dstAddress: addressToBytes('198.51.100.7'),
      srcPort: 51_000,
      dstPort: 443,
      protocol: 6,
      tcpFlags: 0x1b,
      tos: 0x2e,
      inputIfIndex: 2,
      outputIfIndex: 0x8000_0001,
      bytes: 4_200,
      packets: 7,
      startMs: 1_699_999_990_000,
      endMs: 1_699_999_995_000,
      samplingRate: 1,
      samplingSource: SamplingSource.ASSUMED,
      nextHop: addressToBytes('203.0.113.1'),
      postNatSrcAddress: addressToBytes('203.0.113.2'),
      postNatDstAddress: addressToBytes('198.51.100.7'),
      postNatSrcPort: 40_001,
      postNatDstPort: 443,
      srcAs: 65_001,
      dstAs: 4_200_000_001,
      inputInterface: '',
      outputInterface: '',
      wan: '',
      direction: FlowDirection.UNSPECIFIED,
      insideAddress: undefined,
      srcCountry: '',
      dstCountry: '',
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('has counters of %i bytes', (length) => {
    const datagram = buildV9(
      {},
      template([1, length]),
      buildSet(256, bytes([200, length]), bytes([3, length])),
    );
    expect(createDecoder()(datagram).flows.map((flow) => flow.bytes)).toEqual([200, 3]);
  });

  it('keeps a counter that no double can hold within what the record format can', () => {
    const all = new Uint8Array(8).fill(0xff);
    const flow = onlyFlow(createDecoder()(buildV9({}, template([1, 8]), buildSet(256, all))));
    expect(flow.bytes).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('steps over fields that it does not know, that have no length, or whose length makes no sense', () => {
    const fields: V9Field[] = [[999, 3], [IN_BYTES[0], 0], [SRC_ADDRESS[0], 5], [7, 9], IN_BYTES];
    const datagram = buildV9({}, template(...fields), buildSet(256, new Uint8Array(17), bytes([77, 4])));
    expect(onlyFlow(createDecoder()(datagram))).toMatchObject({ bytes: 77, srcPort: 0 });
  });

  it('takes the family that is there where a template has room for both', () => {
    const fields: V9Field[] = [
      [8, 4],
      [27, 16],
    ];
    const v6 = addressToBytes('2001:db8::1');
    const { flows } = createDecoder()(
      buildV9(
        {},
        template(...fields),
        buildSet(256, Uint8Array.of(10, 0, 0, 1), new Uint8Array(16), new Uint8Array(4), v6),
      ),
    );
    expect(flows.map((flow) => [flow.ipVersion, addressFromBytes(flow.srcAddress)])).toEqual([
      [4, '10.0.0.1'],
      [6, '2001:db8::1'],
    ]);
  });

  it('has 16 bytes for an address also where the record has none', () => {
    const v4 = onlyFlow(
      createDecoder()(buildV9({}, template(SRC_ADDRESS), buildSet(256, new Uint8Array(4)))),
    );
    expect(addressFromBytes(v4.srcAddress)).toBe('0.0.0.0');
    const none = onlyFlow(createDecoder()(buildV9({}, template(IN_BYTES), buildSet(256, new Uint8Array(4)))));
    expect(addressFromBytes(none.dstAddress)).toBe('::');
  });

  it('keeps data without a template, and decodes the sets around it', () => {
    const decode = createDecoder();
    const data = buildSet(256, bytes([5, 4]));
    const decoded = decode(buildV9({ sourceId: 9 }, buildSet(300, bytes([1, 4])), template(IN_BYTES), data));
    expect(decoded).toMatchObject({ waitingSets: 1, problems: [] });
    expect(decoded.flows).toHaveLength(1);
  });

  it('uses a template in the observation domain that announced it only', () => {
    const decode = createDecoder();
    decode(buildV9({ sourceId: 1 }, template(IN_BYTES)));
    const data = buildSet(256, bytes([5, 4]));
    expect(decode(buildV9({ sourceId: 1 }, data)).flows).toHaveLength(1);
    expect(decode(buildV9({ sourceId: 2 }, data))).toMatchObject({ flows: [], waitingSets: 1 });
  });

  it('reads by the newest announcement of a template', () => {
    const decode = createDecoder();
    decode(buildV9({}, template([2, 4])));
    decode(buildV9({}, template(IN_BYTES)));
    expect(onlyFlow(decode(buildV9({}, buildSet(256, bytes([5, 4])))))).toMatchObject({
      bytes: 5,
      packets: 0,
    });
  });

  it('may be padded behind the last record, by more than RFC 3954 foresees too', () => {
    const decode = createDecoder();
    const padded = buildSet(256, bytes([5, 8]), new Uint8Array(7));
    expect(decode(buildV9({}, template([1, 8]), padded))).toMatchObject({
      flows: [{ bytes: 5 }],
      problems: [],
    });
    expect(
      decode(buildV9({}, buildSet(0, templateRecord(300, [IN_BYTES]), new Uint8Array(8)))).problems,
    ).toEqual([]);
  });

  it.each([
    ['of length 0', Uint8Array.of(1, 0, 0, 0), { setId: 256, lengthBytes: 0, leftBytes: 4 }],
    ['shorter than its header', Uint8Array.of(1, 0, 0, 3), { setId: 256, lengthBytes: 3, leftBytes: 4 }],
    ['longer than the datagram', Uint8Array.of(1, 0, 0, 5), { setId: 256, lengthBytes: 5, leftBytes: 4 }],
  ])('ends at a set %s', (_what, set, problem) => {
    const decoded = createDecoder()(buildV9({}, template(IN_BYTES), buildSet(256, bytes([5, 4])), set));
    expect(decoded.problems).toEqual([{ kind: 'set-length', ...problem }]);
    expect(decoded.flows).toHaveLength(1);
  });

  it.each([
    ['with more fields than its set holds', buildSet(0, bytes([256, 2], [2, 2], [1, 2], [4, 2])), 256],
    ['with an id of another kind of set', buildSet(0, templateRecord(255, [IN_BYTES])), 255],
    ['without any length', buildSet(0, templateRecord(256, [[1, 0]])), 256],
    ['of options longer than its set', buildSet(1, bytes([257, 2], [4, 2], [400, 2], [1, 2], [4, 2])), 257],
  ])('refuses a template %s', (_what, set, templateId) => {
    expect(createDecoder()(buildV9({}, set))).toMatchObject({
      templates: 0,
      problems: [{ kind: 'bad-template', templateId }],
    });
  });

  it('reports what else it cannot use', () => {
    const decode = createDecoder();
    expect(decode(buildV9({}, buildSet(7, new Uint8Array(4)))).problems).toEqual([
      { kind: 'reserved-set', setId: 7 },
    ]);
    expect(decode(buildV9({}, template([1, 8]), buildSet(256, new Uint8Array(4)))).problems).toEqual([
      { kind: 'record-length', templateId: 256, lengthBytes: 4 },
    ]);
    expect(decode(buildV9({}).subarray(0, 19)).problems).toEqual([
      { kind: 'truncated', wantedBytes: 20, hadBytes: 19 },
    ]);
  });
});

describe('the sampling rate of a flow', () => {
  const SAMPLING_INTERVAL: V9Field = [34, 4];
  const RANDOM_INTERVAL: V9Field = [50, 4];
  const SAMPLER_ID: V9Field = [48, 1];
  const rateOf = (decoded: Decoded): readonly [number, SamplingSource] => {
    const flow = onlyFlow(decoded);
    return [flow.samplingRate, flow.samplingSource];
  };
  const announce = (scope: V9Field[], options: V9Field[], ...values: Uint8Array[]): Uint8Array[] => [
    buildSet(1, optionsTemplateRecord(300, scope, options)),
    buildSet(300, ...values),
  ];

  it.each([
    ['is what the record says', 512, 512],
    ['is right in the byte order of RouterOS 6', 16_777_216, 1],
    ['is right in that byte order for any rate', 0x3412_0000, 0x1234],
    ['is 1 where the record says 0', 0, 1],
  ])('%s', (_what, value, rate) => {
    const datagram = buildV9({}, template(SAMPLING_INTERVAL), buildSet(256, bytes([value, 4])));
    expect(rateOf(createDecoder()(datagram))).toEqual([rate, SamplingSource.RECORD]);
  });

  it('is 1 by assumption where nothing is said', () => {
    const datagram = buildV9({}, template(IN_BYTES), buildSet(256, new Uint8Array(4)));
    expect(rateOf(createDecoder()(datagram))).toEqual([1, SamplingSource.ASSUMED]);
  });

  it('comes from the sampler that the record names', () => {
    const decode = createDecoder();
    const options = announce(
      [[1, 4]],
      [SAMPLER_ID, [49, 1], RANDOM_INTERVAL],
      bytes([0, 4], [2, 1], [2, 1], [500, 4]),
    );
    expect(decode(buildV9({}, ...options))).toMatchObject({ templates: 1, optionsRecords: 1, problems: [] });
    const flow = (samplerId: number): Decoded =>
      decode(buildV9({}, template(SAMPLER_ID), buildSet(256, bytes([samplerId, 1]))));
    expect(rateOf(flow(2))).toEqual([500, SamplingSource.OPTIONS]);
    expect(rateOf(flow(3))).toEqual([1, SamplingSource.ASSUMED]);
  });

  it('comes from the interface that the flow came in by, or from the whole device', () => {
    const decode = createDecoder();
    decode(buildV9({}, ...announce([[2, 4]], [SAMPLING_INTERVAL], bytes([5, 4], [100, 4]))));
    const flow = (ifIndex: number): Decoded =>
      decode(buildV9({}, template([10, 4]), buildSet(256, bytes([ifIndex, 4]))));
    expect(rateOf(flow(5))).toEqual([100, SamplingSource.OPTIONS]);
    expect(rateOf(flow(6))).toEqual([1, SamplingSource.ASSUMED]);
    decode(buildV9({}, ...announce([[1, 0]], [[35, 1], SAMPLING_INTERVAL], bytes([1, 1], [64, 4]))));
    expect(rateOf(flow(6))).toEqual([64, SamplingSource.OPTIONS]);
  });
});

describe('a v5 datagram', () => {
  const v5 = (count: number, sampling: number, ...records: readonly Uint8Array[]): Uint8Array =>
    bytes(
      [5, 2],
      [count, 2],
      [60_000, 4],
      [1_700_000_000, 4],
      [250_000_000, 4],
      [1, 4],
      [2, 1],
      [7, 1],
      [sampling, 2],
      ...records,
    );
  const record = bytes(
    Uint8Array.of(10, 0, 0, 5),
    Uint8Array.of(198, 51, 100, 7),
    Uint8Array.of(0, 0, 0, 0),
    [2, 2],
    [3, 2],
    [7, 4],
    [4_200, 4],
    [50_000, 4],
    [55_000, 4],
    [51_000, 2],
    [443, 2],
    [0, 1],
    [0x1b, 1],
    [6, 1],
    [0x2e, 1],
    [65_001, 2],
    [65_002, 2],
    [24, 1],
    [16, 1],
    [0, 2],
  );

  it('says what it knows of a flow', () => {
    const decoded = createDecoder()(v5(1, 0, record));
    expect(decoded.problems).toEqual([]);
    expect(onlyFlow(decoded)).toMatchObject({
      version: 5,
      observationDomain: 0x0207,
      ipVersion: 4,
      srcAddress: addressToBytes('10.0.0.5'),
      dstAddress: addressToBytes('198.51.100.7'),
      nextHop: undefined,
      srcPort: 51_000,
      dstPort: 443,
      protocol: 6,
      tcpFlags: 0x1b,
      tos: 0x2e,
      inputIfIndex: 2,
      outputIfIndex: 3,
      bytes: 4_200,
      packets: 7,
      srcAs: 65_001,
      dstAs: 65_002,
      startMs: 1_699_999_990_250,
      endMs: 1_699_999_995_250,
      samplingRate: 1,
      samplingSource: SamplingSource.ASSUMED,
    });
  });

  it('has its sampling rate in the lower bits of the header', () => {
    expect(onlyFlow(createDecoder()(v5(1, 0x4000 | 1_000, record)))).toMatchObject({
      samplingRate: 1_000,
      samplingSource: SamplingSource.HEADER,
    });
  });

  it.each([
    [
      'announces more records than it holds',
      v5(3, 0, record),
      { kind: 'count-mismatch', announced: 3, held: 1 },
    ],
    ['goes on behind its records', v5(1, 0, record, new Uint8Array(5)), { kind: 'trailing-bytes', bytes: 5 }],
  ])('that %s gives what it holds, and a problem', (_what, datagram, problem) => {
    const decoded = createDecoder()(datagram);
    expect(decoded.flows).toHaveLength(1);
    expect(decoded.problems).toEqual([problem]);
  });

  it('needs its whole header', () => {
    expect(createDecoder()(v5(0, 0).subarray(0, 23)).problems).toEqual([
      { kind: 'truncated', wantedBytes: 24, hadBytes: 23 },
    ]);
  });
});

describe('any other datagram', () => {
  it.each([0, 2, 8, 11])('of version %i is not supported', (version) => {
    expect(createDecoder()(bytes([version, 2], [0, 30]))).toEqual({
      version,
      flows: [],
      templates: 0,
      optionsRecords: 0,
      waitingSets: 0,
      problems: [{ kind: 'unsupported-version', version }],
    });
  });

  it.each([0, 1])('of %i bytes has no version', (length) => {
    expect(createDecoder()(new Uint8Array(length)).problems).toEqual([
      { kind: 'truncated', wantedBytes: 2, hadBytes: length },
    ]);
  });
});
