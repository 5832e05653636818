import { addressFromBytes, addressToBytes, SamplingSource } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { createTemplateStore, type DecodedRecords, decodeRecords } from './index.ts';
import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
  type V9Field,
} from './testing/build-v9.ts';

const VARIABLE = 65_535;
const ENTERPRISE_BIT = 0x8000;

/** What one exporter says, datagram by datagram. */
function decodeAll(...datagrams: readonly Uint8Array[]): DecodedRecords[] {
  const templates = createTemplateStore();
  const exporter = addressToBytes('192.0.2.1');
  return datagrams.map((datagram) =>
    decodeRecords(datagram, { timeMs: 1_700_000_000_000, exporter, router: '', templates }),
  );
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** A value of variable length, its length in one byte. */
const variable = (...parts: readonly Uint8Array[]): Uint8Array => {
  const content = bytes(...parts);
  return bytes([content.length, 1], content);
};
/** `id fieldCount scopeCount` and the fields, which may be of an enterprise. */
const ipfixOptions = (
  id: number,
  scopeCount: number,
  ...fields: readonly (readonly [type: number, length: number, enterprise?: number])[]
): Uint8Array =>
  buildSet(
    3,
    bytes([id, 2], [fields.length, 2], [scopeCount, 2]),
    ...fields.map(([type, length, enterprise]) =>
      enterprise === undefined
        ? bytes([type, 2], [length, 2])
        : bytes([type + ENTERPRISE_BIT, 2], [length, 2], [enterprise, 4]),
    ),
  );

/** The fields of the only record of one template and its data. */
function fieldsOf(fields: readonly V9Field[], ...values: readonly Uint8Array[]): object | undefined {
  const message = buildIpfix({}, buildSet(2, templateRecord(256, fields)), buildSet(256, ...values));
  const [decoded] = decodeAll(message);
  expect(decoded).toMatchObject({ problems: [], records: [{ kind: 'flow' }] });
  return decoded?.records[0]?.fields;
}

describe('an element is read by its abstract data type', () => {
  it.each<[string, V9Field, Uint8Array, object]>([
    ['float64', [311, 8], Uint8Array.of(0x3f, 0xd0, 0, 0, 0, 0, 0, 0), { samplingProbability: 0.25 }],
    [
      'float64 reduced to four bytes',
      [311, 4],
      Uint8Array.of(0x3e, 0x80, 0, 0),
      { samplingProbability: 0.25 },
    ],
    ['boolean', [276, 1], bytes([1, 1]), { dataRecordsReliability: true }],
    ['boolean, false', [276, 1], bytes([2, 1]), { dataRecordsReliability: false }],
    ['signed32', [434, 4], Uint8Array.of(255, 255, 255, 254), { mibObjectValueInteger: -2 }],
    ['unsigned64 reduced to three bytes', [1, 3], bytes([70_000, 3]), { octetDeltaCount: 70_000n }],
    [
      'macAddress',
      [56, 6],
      Uint8Array.of(0, 1, 2, 0xab, 0xcd, 0xef),
      { sourceMacAddress: '00:01:02:ab:cd:ef' },
    ],
    ['ipv6Address', [27, 16], addressToBytes('2001:db8::1'), { sourceIPv6Address: '2001:db8::1' }],
    ['string with trailing zeros', [82, 8], bytes(text('wan1'), [0, 4]), { interfaceName: 'wan1' }],
    ['octetArray', [104, 3], bytes([0x010203, 3]), { layer2packetSectionData: '010203' }],
    ['dateTimeSeconds', [150, 4], bytes([1_700_000_000, 4]), { flowStartSeconds: '2023-11-14T22:13:20Z' }],
    [
      'dateTimeMilliseconds',
      [152, 8],
      bytes([1_700_000_000_123, 8]),
      { flowStartMilliseconds: '2023-11-14T22:13:20.123Z' },
    ],
    [
      'dateTimeNanoseconds, half a second',
      [156, 8],
      bytes([1_700_000_000 + 2_208_988_800, 4], [0x8000_0000, 4]),
      { flowStartNanoseconds: '2023-11-14T22:13:20.500000000Z' },
    ],
    // RFC 6759: engine 13 and a selector of three bytes.
    ['applicationId', [95, 4], bytes([0x0d0001af, 4]), { applicationId: '0d0001af' }],
    ['an element without a name', [32_000, 2], bytes([0xbeef, 2]), { element_32000: 'beef' }],
  ])('%s', (_type, field, value, expected) => {
    expect(fieldsOf([field], value)).toEqual(expected);
  });
});

describe('structured data (RFC 6313)', () => {
  // allOf, sourceTransportPort of two bytes, and two of them.
  const basicList = bytes([3, 1], [7, 2], [2, 2], [53, 2], [443, 2]);
  it.each([
    ['basicList', 291, basicList],
    ['subTemplateList', 292, bytes([3, 1], [300, 2], [53, 2])],
    ['subTemplateMultiList', 293, bytes([3, 1], [300, 2], [6, 2], [53, 2])],
    ['an empty list', 291, bytes([255, 1], [7, 2], [2, 2])],
  ])('%s is kept, and what stands behind it is read', (_name, element, list) => {
    const fields = fieldsOf(
      [
        [element, VARIABLE],
        [1, 4],
      ],
      variable(list),
      bytes([1_500, 4]),
    );
    expect(Object.values(fields ?? {})).toEqual([Buffer.from(list).toString('hex'), 1_500n]);
  });

  it('may have its length in three bytes although one would do', () => {
    const list = bytes([255, 1], [basicList.length, 2], basicList);
    const fields = fieldsOf(
      [
        [291, VARIABLE],
        [2, 1],
      ],
      list,
      bytes([9, 1]),
    );
    expect(fields).toEqual({ basicList: Buffer.from(basicList).toString('hex'), packetDeltaCount: 9n });
  });
});

describe('options data', () => {
  it('of several scopes in v9, and of two templates in one set', () => {
    const [decoded] = decodeAll(
      buildV9(
        {},
        buildSet(
          1,
          optionsTemplateRecord(
            300,
            [
              [1, 4],
              [2, 4],
              [3, 2],
              [4, 1],
              [5, 2],
              [9, 1],
            ],
            [[82, 4]],
          ),
          optionsTemplateRecord(301, [[1, 0]], [[42, 4]]),
        ),
        buildSet(300, bytes([1, 4], [2, 4], [3, 2], [4, 1], [256, 2], [7, 1]), text('ppp1')),
        buildSet(301, bytes([12, 4])),
      ),
    );
    expect(decoded).toMatchObject({ templates: 2, optionsRecords: 2, flows: [], problems: [] });
    expect(decoded?.records).toMatchObject([
      {
        kind: 'options',
        template: 300,
        fields: {
          scope_system: 1,
          scope_interface: 2,
          scope_line_card: 3,
          scope_cache: 4,
          scope_template: 256,
          scope_9: 7,
          interfaceName: 'ppp1',
        },
      },
      { kind: 'options', template: 301, fields: { exportedFlowRecordTotalCount: 12n } },
    ]);
  });

  it('about the types of elements of an enterprise (RFC 5610)', () => {
    const [decoded] = decodeAll(
      buildIpfix(
        {},
        ipfixOptions(300, 2, [346, 4], [303, 2], [339, 1], [344, 1], [341, VARIABLE]),
        buildSet(300, bytes([14_988, 4], [7, 2], [3, 1], [5, 1]), variable(text('bytesInBurst'))),
      ),
    );
    expect(decoded?.records).toEqual([
      {
        kind: 'options',
        template: 300,
        fields: {
          privateEnterpriseNumber: 14_988,
          informationElementId: 7,
          informationElementDataType: 3,
          informationElementSemantics: 5,
          informationElementName: 'bytesInBurst',
        },
      },
    ]);
  });

  it('about applications (RFC 6759)', () => {
    const [decoded] = decodeAll(
      buildIpfix(
        {},
        ipfixOptions(300, 1, [95, 4], [96, VARIABLE], [94, VARIABLE]),
        buildSet(300, bytes([0x03000035, 4]), variable(text('dns')), variable(text('Domain Name Server'))),
      ),
    );
    expect(decoded?.records).toMatchObject([
      {
        kind: 'options',
        fields: {
          applicationId: '03000035',
          applicationName: 'dns',
          applicationDescription: 'Domain Name Server',
        },
      },
    ]);
  });

  it('with an enterprise element in its scope', () => {
    const [decoded] = decodeAll(
      buildIpfix({}, ipfixOptions(300, 1, [1, 2, 6_871], [41, 4]), buildSet(300, bytes([9, 2], [1_000, 4]))),
    );
    expect(decoded?.records).toMatchObject([
      { kind: 'options', fields: { element_6871_1: '0009', exportedMessageTotalCount: 1_000n } },
    ]);
  });
});

describe('samplers', () => {
  const rates = (decoded: DecodedRecords | undefined): unknown[] =>
    (decoded?.flows ?? []).map(({ samplingRate, samplingSource }) => [samplingRate, samplingSource]);

  it('of IPFIX, by selectorId and every way of saying the rate', () => {
    const interval = ipfixOptions(300, 1, [302, 8], [304, 2], [305, 4], [306, 4]);
    const population = ipfixOptions(301, 1, [302, 4], [304, 2], [309, 4], [310, 4]);
    const probability = ipfixOptions(302, 1, [302, 1], [304, 2], [311, 8]);
    const [, decoded] = decodeAll(
      buildIpfix(
        {},
        interval,
        population,
        probability,
        buildSet(300, bytes([1, 8], [1, 2], [1, 4], [99, 4])),
        buildSet(301, bytes([2, 4], [3, 2], [2, 4], [1_000, 4])),
        buildSet(302, bytes([3, 1], [4, 2]), Uint8Array.of(0x3f, 0xd0, 0, 0, 0, 0, 0, 0)),
      ),
      buildIpfix(
        {},
        buildSet(2, templateRecord(256, [[302, 8]])),
        buildSet(256, ...[1, 2, 3, 4].map((selector) => bytes([selector, 8]))),
      ),
    );
    expect(rates(decoded)).toEqual([
      [100, SamplingSource.OPTIONS],
      [500, SamplingSource.OPTIONS],
      [4, SamplingSource.OPTIONS],
      [1, SamplingSource.ASSUMED],
    ]);
  });

  it('of v9, by FLOW_SAMPLER_ID, with the sampler itself as the scope or as a field', () => {
    const [, decoded] = decodeAll(
      buildV9(
        {},
        buildSet(
          1,
          optionsTemplateRecord(
            300,
            [[1, 4]],
            [
              [48, 2],
              [49, 1],
              [50, 4],
              [84, 6],
            ],
          ),
        ),
        buildSet(300, bytes([0, 4], [7, 2], [2, 1], [2_000, 4]), text('random')),
      ),
      buildV9({}, buildSet(0, templateRecord(256, [[48, 1]])), buildSet(256, bytes([7, 1], [8, 1]))),
    );
    expect(rates(decoded)).toEqual([
      [2_000, SamplingSource.OPTIONS],
      [1, SamplingSource.ASSUMED],
    ]);
  });
});

describe('events of firewalls', () => {
  it('of a Cisco ASA (NSEL) have addresses, ports, the translation, and the bytes of the side that opened', () => {
    const fields: V9Field[] = [
      [148, 4],
      [8, 4],
      [7, 2],
      [12, 4],
      [11, 2],
      [4, 1],
      [225, 4],
      [226, 4],
      [227, 2],
      [228, 2],
      [233, 1],
      [323, 8],
      [231, 4],
      [232, 4],
    ];
    const record = bytes(
      [77, 4],
      Uint8Array.of(10, 0, 0, 5),
      [51_000, 2],
      Uint8Array.of(198, 51, 100, 7),
      [443, 2],
      [6, 1],
      Uint8Array.of(203, 0, 113, 2),
      Uint8Array.of(198, 51, 100, 7),
      [40_001, 2],
      [443, 2],
      [2, 1],
      [1_700_000_000_000, 8],
      [900, 4],
      [4_500, 4],
    );
    const [decoded] = decodeAll(buildV9({}, buildSet(0, templateRecord(265, fields)), buildSet(265, record)));
    const [nsel] = decoded?.records ?? [];
    expect(nsel?.fields).toMatchObject({
      flowId: 77n,
      firewallEvent: 2,
      observationTimeMilliseconds: '2023-11-14T22:13:20.000Z',
      initiatorOctets: 900n,
      responderOctets: 4_500n,
      postNAPTSourceTransportPort: 40_001,
    });
    const [flow] = decoded?.flows ?? [];
    expect(flow).toMatchObject({
      srcPort: 51_000,
      dstPort: 443,
      protocol: 6,
      postNatSrcPort: 40_001,
      bytes: 900,
    });
    expect(flow?.postNatSrcAddress && addressFromBytes(flow.postNatSrcAddress)).toBe('203.0.113.2');
  });
});

describe('templates', () => {
  it('two in one set, each with data, all sets padded to four bytes', () => {
    const [decoded] = decodeAll(
      buildV9(
        { sourceId: 0 },
        buildSet(
          0,
          templateRecord(256, [
            [1, 4],
            [4, 1],
          ]),
          templateRecord(257, [
            [2, 4],
            [6, 1],
          ]),
          new Uint8Array(2),
        ),
        buildSet(256, bytes([100, 4], [6, 1], [200, 4], [17, 1]), new Uint8Array(2)),
        buildSet(257, bytes([3, 4], [0x12, 1]), new Uint8Array(3)),
      ),
    );
    expect(decoded).toMatchObject({
      templates: 2,
      problems: [],
      records: [
        { template: 256, fields: { octetDeltaCount: 100n, protocolIdentifier: 6 } },
        { template: 256, fields: { octetDeltaCount: 200n, protocolIdentifier: 17 } },
        { template: 257, fields: { packetDeltaCount: 3n, tcpControlBits: 18 } },
      ],
    });
  });

  it('a biflow has its way back under its own names, and only the way there is counted', () => {
    const fields = bytes(
      [256, 2],
      [4, 2],
      [1, 2],
      [4, 2],
      [1 + ENTERPRISE_BIT, 2],
      [4, 2],
      [29_305, 4],
      [2, 2],
      [4, 2],
      [2 + ENTERPRISE_BIT, 2],
      [4, 2],
      [29_305, 4],
    );
    const [decoded] = decodeAll(
      buildIpfix({}, buildSet(2, fields), buildSet(256, bytes([100, 4], [9_000, 4], [1, 4], [8, 4]))),
    );
    expect(decoded).toMatchObject({
      flows: [{ bytes: 100, packets: 1 }],
      records: [{ fields: { reverseOctetDeltaCount: 9_000n, reversePacketDeltaCount: 8n } }],
    });
  });
});
