import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressToBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { createTemplateStore, type DataRecord, decodeRecords } from './index.ts';
import { type Deviation, type Difference, inAgreement, judge } from './testing/deviations.ts';
import { type Family, loadFamilies } from './testing/families.ts';

/** A line of telegraf's line protocol: numbers without their type, texts without their quotes. */
interface Metric {
  readonly measurement: string;
  readonly version: string;
  readonly fields: ReadonlyMap<string, string>;
}

function parseMetric(line: string): Metric {
  const [head = '', fields = ''] = line.split(' ');
  const pairs = [...fields.matchAll(/([^,=]+)=(?:"([^"]*)"|(\d+)u)/g)];
  return {
    measurement: head.split(',')[0] ?? '',
    version: /version=(\w+)/.exec(head)?.[1] ?? '',
    fields: new Map(pairs.map(([, name = '', text, number]) => [name, text ?? number ?? ''])),
  };
}

type ReadRecord = DataRecord & { readonly version: number };
type Read = (record: ReadRecord) => string | undefined;

const text = (value: DataRecord['fields'][string] | undefined): string | undefined => value?.toString();
const element =
  (name: string, write: (value: string) => string = (value) => value): Read =>
  ({ fields }) => {
    const value = text(fields[name]);
    return value === undefined ? undefined : write(value);
  };
const number = (bytes: string): string => String(Number.parseInt(bytes, 16));
/** As telegraf prints bytes that it has no type for. */
const prefixed = (bytes: string): string => `0x${bytes}`;
const octet = (value: string): string => prefixed(Number(value).toString(16).padStart(2, '0'));
const unixMs = (iso: string): string => String(Date.parse(iso));
const unixSeconds = (iso: string): string => String(Date.parse(iso) / 1_000);
const nameOf =
  (names: Readonly<Record<string, string>>) =>
  (value: string): string =>
    names[value] ?? value;
/** Eight flags, the highest first. */
const tcpFlags = (value: string): string =>
  ['C', 'E', 'U', 'A', 'P', 'R', 'S', 'F']
    .map((letter, i) => (Number(value) & (0x80 >> i) ? letter : '.'))
    .join('');
const ntop = (id: number): Read => element(`element_35632_${id}`, number);
/** The way back of a biflow as telegraf prints it: bytes of an element that it does not know. */
const reverse = (name: string, bytes: number): Read =>
  element(name, (value) =>
    prefixed(
      Number(value)
        .toString(16)
        .padStart(bytes * 2, '0'),
    ),
  );

/** telegraf's name of every field, and how our value reads in its words. */
const fields: Readonly<Record<string, Read>> = {
  src: element('sourceIPv4Address'),
  dst: element('destinationIPv4Address'),
  next_hop: element('ipNextHopIPv4Address'),
  src_port: element('sourceTransportPort'),
  dst_port: element('destinationTransportPort'),
  protocol: element('protocolIdentifier', nameOf({ 1: 'icmp', 6: 'tcp', 17: 'udp' })),
  src_tos: element('ipClassOfService', octet),
  dst_tos: element('postIpClassOfService', octet),
  tcp_flags: element('tcpControlBits', tcpFlags),
  in_bytes: element('octetDeltaCount'),
  in_packets: element('packetDeltaCount'),
  in_total_bytes: element('octetTotalCount'),
  in_total_packets: element('packetTotalCount'),
  in_snmp: element('ingressInterface'),
  out_snmp: element('egressInterface'),
  src_mask: element('sourceIPv4PrefixLength'),
  dst_mask: element('destinationIPv4PrefixLength'),
  bgp_src_as: element('bgpSourceAsNumber'),
  bgp_dst_as: element('bgpDestinationAsNumber'),
  in_src_mac: element('sourceMacAddress'),
  out_dst_mac: element('postDestinationMacAddress'),
  vlan_src: element('vlanId'),
  ip_version: element('ipVersion', (value) => `IPv${value}`),
  icmp_type: element('icmpTypeCodeIPv4', (value) => String(Number(value) >> 8)),
  icmp_code: element('icmpTypeCodeIPv4', (value) => String(Number(value) & 0xff)),
  fwd_status: element('forwardingStatus', (value) => nameOf({ 0: 'unknown' })(String(Number(value) >> 6))),
  fwd_reason: element('forwardingStatus', (value) => nameOf({ 0: 'unknown' })(String(Number(value) & 63))),
  flow_end_reason: element(
    'flowEndReason',
    nameOf({ 1: 'idle timeout', 2: 'active timeout', 3: 'end of flow', 4: 'forced end' }),
  ),
  first_switched: element('flowStartSysUpTime'),
  last_switched: element('flowEndSysUpTime'),
  flow_start: element('flowStartSeconds', unixSeconds),
  flow_end: element('flowEndSeconds', unixSeconds),
  flow_start_ms: element('flowStartMilliseconds', unixMs),
  flow_end_ms: element('flowEndMilliseconds', unixMs),
  system_init_ms: element('systemInitTimeMilliseconds', unixMs),
  event_time: element('observationTimeSeconds', unixSeconds),
  exporter: element('exporterIPv4Address'),
  exporting_pid: element('exportingProcessId'),
  observation_domain_id: element('observationDomainId'),
  total_flows_exported: element('exportedFlowRecordTotalCount'),
  ignored_packet_total: element('ignoredPacketTotalCount'),
  notsent_packet_total: element('notSentPacketTotalCount'),
  dropped_packets_total: element('droppedPacketTotalCount'),
  padding: element('paddingOctets', prefixed),
  // Fields of a v9 record, and in v5 the two halves of the domain.
  engine_type: (record) =>
    text(record.fields['engineType'] ?? (record.kind === 'flow' && record.flow.observationDomain >> 8)),
  engine_id: (record) =>
    octet(
      String(
        record.fields['engineId'] ?? (record.kind === 'flow' ? record.flow.observationDomain & 0xff : 0),
      ),
    ),
  // 0 in the header is "not sampled", a rate of 1.
  sampling_interval: (record) => (record.kind === 'flow' ? String(record.flow.samplingRate - 1) : undefined),
  client_nw_latency_ms: ntop(123),
  server_nw_latency_ms: ntop(124),
  app_latency_ms: ntop(125),
  retransmitted_in_bytes: ntop(127),
  retransmitted_in_pkts: ntop(109),
  retransmitted_out_bytes: ntop(128),
  retransmitted_out_pkts: ntop(110),
  l7_proto: ntop(118),
  ssl_server_name: element('element_35632_188'),
  ja3c_hash: element('element_35632_489'),
  ja3s_hash: element('element_35632_490'),
  ssl_cipher: ntop(493),
  ssl_unsafe_cipher: ntop(494),
  ssl_version: ntop(495),
  type_29305_5: reverse('reverseIpClassOfService', 1),
  type_29305_58: reverse('reverseVlanId', 2),
  type_29305_85: reverse('reverseOctetTotalCount', 4),
  type_29305_86: reverse('reversePacketTotalCount', 4),
  // CERT marks the way back by a bit of the number.
  type_6871_rev_40: element(`element_6871_${0x4000 + 40}`, prefixed),
};

/** Of the header of a v5 datagram, which a record of ours does not repeat. */
const headerFields = new Set(['flows', 'sys_uptime', 'seq_number']);

const ENTERPRISE_BIT = 0x8000;

const deviations: readonly Deviation[] = [
  {
    reason:
      'in options templates telegraf takes the enterprise bit of a field (RFC 7011 section 3.2) for a part of its number: 32868 is 100; the values are the same',
    covers: ({ field, ours, theirs }) => {
      const { enterprise, id } = unnamed(field) ?? { enterprise: 0, id: 0 };
      return id > ENTERPRISE_BIT && ours === `${theirs} in element_${enterprise}_${id - ENTERPRISE_BIT}`;
    },
  },
];

/** What telegraf has no name for. */
function unnamed(field: string): { enterprise: number; id: number } | undefined {
  const [, enterprise, id] = /^type_(\d+)_(\d+)$/.exec(field) ?? [];
  return id === undefined ? undefined : { enterprise: Number(enterprise), id: Number(id) };
}

function readingOf(field: string): Read {
  const known = fields[field];
  if (known) return known;
  const { enterprise = 0, id = 0 } = unnamed(field) ?? {};
  const name = `element_${enterprise}_${id & ~ENTERPRISE_BIT}`;
  return element(name, (value) => (id > ENTERPRISE_BIT ? `${prefixed(value)} in ${name}` : prefixed(value)));
}

function compare(where: string, record: ReadRecord | undefined, metric: Metric): Difference[] {
  return [...metric.fields].flatMap(([field, theirs]) => {
    if (headerFields.has(field) && record?.version === 5) return [];
    const ours = record && readingOf(field)(record);
    return ours === theirs ? [] : [{ where, field, ours, theirs }];
  });
}

const captures = capturesFolder();
const families = captures.met
  ? loadFamilies(captures.path).filter(({ name }) => name.startsWith('telegraf_'))
  : [];

function metricsOf({ name }: Family): Metric[] {
  const folder = name.replace('telegraf_', '');
  return readFileSync(join(captures.path, 'netflow/telegraf', folder, 'expected.out'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseMetric(line.replaceAll(/"[^"]*"/g, (quoted) => quoted.replaceAll(' ', '\u00a0'))))
    .map((metric) => ({
      ...metric,
      fields: new Map([...metric.fields].map(([key, value]) => [key, value.replaceAll('\u00a0', ' ')])),
    }));
}

function recordsOf({ datagrams }: Family): ReadRecord[] {
  const templates = createTemplateStore();
  return datagrams.flatMap((datagram) => {
    const context = { timeMs: 1, exporter: addressToBytes('127.0.0.1'), router: '', templates };
    const { version, records } = decodeRecords(datagram, context);
    return records.map((record) => ({ ...record, version }));
  });
}

describe('telegraf', () => {
  it('agrees in every field, or the difference is explained', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const differences = families.flatMap((family) => {
      const records = recordsOf(family);
      const metrics = metricsOf(family);
      const isOptions = ({ measurement }: Metric): boolean => measurement === 'netflow_options';
      return (['flow', 'options'] as const).flatMap((kind) => {
        const ours = records.filter((record) => record.kind === kind);
        const theirs = metrics.filter((metric) => isOptions(metric) === (kind === 'options'));
        expect(ours, `${family.name}, ${kind}`).toHaveLength(theirs.length);
        return theirs.flatMap((metric, i) => compare(`${family.name}/${kind}/${i}`, ours[i], metric));
      });
    });
    expect(judge(differences, deviations)).toEqual(inAgreement);
  });

  it('is compared in all of its families', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const fieldCount = families.flatMap(metricsOf).reduce((sum, metric) => sum + metric.fields.size, 0);
    expect({ families: families.length, fieldCount }).toEqual({ families: 4, fieldCount: 966 });
  });
});
