import { addressToBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
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
