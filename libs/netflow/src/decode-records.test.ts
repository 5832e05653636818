import { addressFromBytes, addressToBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldValue } from './field-value.ts';
import { createTemplateStore, type DataRecord, decodeRecords } from './index.ts';
import { loadFamilies, type TsharkRecord } from './testing/families.ts';

const captures = capturesFolder();
const families = captures.met ? loadFamilies(captures.path) : [];

const newContext = (): Parameters<typeof decodeRecords>[1] => ({
  timeMs: 1_700_000_000_000,
  exporter: addressToBytes('192.0.2.1'),
  router: 'gw1',
  templates: createTemplateStore(),
});

function recordsOf(datagrams: readonly Uint8Array[]): DataRecord[] {
  const context = newContext();
  return datagrams.flatMap((datagram) => decodeRecords(datagram, context).records);
}

/** tshark's names of the fields whose values it prints as they are, and IANA's. */
const iana: Readonly<Record<string, string>> = {
  octets: 'octetDeltaCount',
  packets: 'packetDeltaCount',
  permanent_octets: 'octetTotalCount',
  permanent_packets: 'packetTotalCount',
  post_octets: 'postOctetDeltaCount',
  post_packets: 'postPacketDeltaCount',
  srcport: 'sourceTransportPort',
  dstport: 'destinationTransportPort',
  protocol: 'protocolIdentifier',
  tos: 'ipClassOfService',
  tcpflags: 'tcpControlBits',
  inputint: 'ingressInterface',
  outputint: 'egressInterface',
  srcas: 'bgpSourceAsNumber',
  dstas: 'bgpDestinationAsNumber',
  srcaddr: 'sourceIPv4Address',
  dstaddr: 'destinationIPv4Address',
  srcaddrv6: 'sourceIPv6Address',
  dstaddrv6: 'destinationIPv6Address',
  nexthop: 'ipNextHopIPv4Address',
  bgpnexthop: 'bgpNextHopIPv4Address',
  bgpnexthopv6: 'bgpNextHopIPv6Address',
  srcmask: 'sourceIPv4PrefixLength',
  dstmask: 'destinationIPv4PrefixLength',
  srcmaskv6: 'sourceIPv6PrefixLength',
  dstmaskv6: 'destinationIPv6PrefixLength',
  srcmac: 'sourceMacAddress',
  sta_mac_address: 'staMacAddress',
  sta_ipv4_address: 'staIPv4Address',
  wlan_ssid: 'wlanSSID',
  vrfname: 'VRFname',
  if_name: 'interfaceName',
  if_descr: 'interfaceDescription',
  sampler_id: 'samplerId',
  sampler_name: 'samplerName',
  selector_id: 'selectorId',
  selector_name: 'selectorName',
  selector_algorithm: 'selectorAlgorithm',
  sampling_size: 'samplingSize',
  sampling_population: 'samplingPopulation',
  sampling_packet_interval: 'samplingPacketInterval',
  direction: 'flowDirection',
  ip_version: 'ipVersion',
  ttl_min: 'minimumTTL',
  ttl_max: 'maximumTTL',
  flow_end_reason: 'flowEndReason',
  flow_id: 'flowId',
  od_id: 'observationDomainId',
  delta_octets_squared: 'deltaOctetsSumOfSquares',
  post_natsource_ipv4_address: 'postNATSourceIPv4Address',
  post_natdestination_ipv4_address: 'postNATDestinationIPv4Address',
  post_naptsource_transport_port: 'postNAPTSourceTransportPort',
  post_naptdestination_transport_port: 'postNAPTDestinationTransportPort',
};

type Values = FieldValue | readonly FieldValue[] | undefined;

/** Numbers as numbers, whatever base they were printed in. */
function comparable(value: Values | readonly string[]): string[] {
  return [value ?? []].flat().map((each) => {
    const text = String(each).replace(/^'(.*)'$/, '$1');
    return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? String(BigInt(text)) : text;
  });
}

/** The fields of both sides by IANA's names, for what tshark prints once in a record. */
function sideBySide({ fields }: DataRecord, theirs: TsharkRecord): { ours: object; theirs: object } {
  const common = Object.entries(iana).filter(([name, to]) => {
    const value = theirs.fields[name];
    // What tshark calls by one name can be two elements: the other direction of a biflow, an id and its reserved form.
    return typeof value === 'string' && fields[to] !== undefined && !Array.isArray(fields[to]);
  });
  return {
    ours: Object.fromEntries(common.map(([, to]) => [to, comparable(fields[to])])),
    theirs: Object.fromEntries(common.map(([name, to]) => [to, comparable(theirs.fields[name])])),
  };
}

describe('every field of the captures', () => {
  // Where we find more records than tshark, captures.test.ts says why.
  const otherwise = new Set(['v9_invalid01', 'akv_v9_data_templates', 'pmacct_112']);
  const compared = families.filter(({ name }) => !otherwise.has(name));
  it.each(compared.map((entry) => [entry.name, entry] as const))('%s as tshark prints it', (_name, entry) => {
    const records = recordsOf(entry.datagrams);
    expect(records).toHaveLength(entry.tsharkRecords.length);
    for (const [i, theirs] of entry.tsharkRecords.entries()) {
      const record = records[i];
      if (!record) throw new Error(`no record ${i}`);
      const sides = sideBySide(record, theirs);
      expect(sides.ours).toEqual(sides.theirs);
      expect(record.template).toBe(theirs.set ?? 0);
    }
  });

  it('compares most of what tshark prints', (context) => {
    if (!captures.met) context.skip(captures.reason);
    let fields = 0;
    for (const { datagrams, tsharkRecords } of compared) {
      const records = recordsOf(datagrams);
      for (const [i, theirs] of tsharkRecords.entries()) {
        const record = records[i];
        if (record) fields += Object.keys(sideBySide(record, theirs).ours).length;
      }
    }
    expect(fields).toBeGreaterThan(15_000);
  });
});

interface GoldenCase {
  readonly context: string;
  readonly packets: readonly string[];
  readonly record_count: number | null;
  readonly asserts: readonly (readonly [record: number, field: string, value: unknown])[];
}

/** The names that logstash's codec has for elements of v5 and v9. In IPFIX they are IANA's. */
const codecNames: Readonly<Record<string, string>> = {
  ipv4_src_addr: 'sourceIPv4Address',
  ipv4_dst_addr: 'destinationIPv4Address',
  l4_src_port: 'sourceTransportPort',
  l4_dst_port: 'destinationTransportPort',
  src_tos: 'ipClassOfService',
  tcp_flags: 'tcpControlBits',
  in_src_mac: 'sourceMacAddress',
  in_dst_mac: 'destinationMacAddress',
  if_desc: 'interfaceDescription',
  total_flows_exp: 'exportedFlowRecordTotalCount',
};

describe('logstash', () => {
  const golden = captures.met
    ? (
        JSON.parse(readFileSync(join(captures.path, 'netflow/logstash/golden.json'), 'utf8')) as {
          cases: GoldenCase[];
        }
      ).cases
    : [];
  const datagramsOf = ({ packets }: GoldenCase): Uint8Array[] =>
    packets.map((file) => readFileSync(join(captures.path, 'netflow/logstash', file)));

  it.each(golden.map((entry, i) => [`${entry.context} (${i})`, entry] as const))('%s', (_name, entry) => {
    const records = recordsOf(datagramsOf(entry));
    // Data that came before its templates is not lost for us: the three records come twice in that case.
    const expected = entry.packets.length === 4 && entry.record_count === 3 ? 6 : entry.record_count;
    if (expected !== null) expect(records).toHaveLength(expected);
    for (const [index, path, value] of entry.asserts) {
      const field = path.replace('[netflow][', '').slice(0, -1);
      const ours = records[index]?.fields[codecNames[field] ?? field];
      // Names of the codec's own, header fields, and times in the codec's format are left to tshark's values.
      if (ours === undefined || Array.isArray(ours) || /Microseconds$|Milliseconds$/.test(field)) continue;
      expect([field, ...comparable(ours)]).toEqual([field, ...comparable(value as FieldValue)]);
    }
  });
});

describe('telegraf', () => {
  const names = ['ipfix_example', 'ipfix_pen_35632', 'netflow_v5_example', 'netflow_v9_example'];
  const entries = families.filter(({ name }) => names.includes(name.replace('telegraf_', '')));
  it.each(entries.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
    const folder = name.replace('telegraf_', '');
    const lines = readFileSync(join(captures.path, 'netflow/telegraf', folder, 'expected.out'), 'utf8');
    const number = (line: string, key: string): number =>
      Number(new RegExp(`[ ,]${key}=(\\d+)u`).exec(line)?.[1] ?? 0);
    const expected = lines
      .split('\n')
      .filter((line) => line.includes(' dst=') || line.includes(',dst='))
      .map((line) => [
        /[ ,]src="([^"]*)"/.exec(line)?.[1],
        /[ ,]dst="([^"]*)"/.exec(line)?.[1],
        number(line, 'src_port'),
        number(line, 'dst_port'),
        number(line, 'in_bytes') || number(line, 'in_total_bytes'),
        number(line, 'in_packets') || number(line, 'in_total_packets'),
      ]);
    const ours = recordsOf(entry.datagrams).flatMap((record) =>
      record.kind === 'flow'
        ? [
            [
              addressFromBytes(record.flow.srcAddress),
              addressFromBytes(record.flow.dstAddress),
              record.flow.srcPort,
              record.flow.dstPort,
              record.flow.bytes,
              record.flow.packets,
            ],
          ]
        : [],
    );
    expect(ours.map(String).sort()).toEqual(expected.map(String).sort());
  });
});
