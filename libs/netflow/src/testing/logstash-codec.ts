import type { DataRecord } from '../index.ts';

/** A value of logstash-codec-netflow; objects as JSON. */
export type CodecValue = string | number;

export type ReadRecord = DataRecord & { readonly version: number };

/** How to find a field of the codec in our record, and how the codec's value is written there. */
interface Reading {
  readonly ours: (record: ReadRecord) => string | undefined;
  readonly theirs?: (value: CodecValue, ours: string) => string;
}

const text = (value: DataRecord['fields'][string] | undefined): string | undefined => value?.toString();
const element = (name: string, theirs?: Reading['theirs']): Reading => ({
  ours: ({ fields }) => text(fields[name]),
  ...(theirs && { theirs }),
});
const flowTime = (field: 'startMs' | 'endMs'): Reading => ({
  ours: (record) => (record.kind === 'flow' ? text(record.flow[field]) : undefined),
  theirs: (value) => String(Date.parse(String(value))),
});

const hex = (value: CodecValue, digits: number): string => Number(value).toString(16).padStart(digits, '0');
/** Elements that have no abstract type are bytes for us; the codec has a number, or a text with its final zero. */
const numberAsBytes = (value: CodecValue, ours: string): string => hex(value, ours.length);
const textAsBytes = (value: CodecValue, ours: string): string =>
  Buffer.from(String(value)).toString('hex').padEnd(ours.length, '0');
const addressAsBytes = (value: CodecValue): string =>
  String(value)
    .split('.')
    .map((byte) => hex(Number(byte), 2))
    .join('');
const withoutDashes = (value: CodecValue): string => String(value).replaceAll('-', '');
/** Seconds have no fraction for us; both are the same instant. */
const wholeSeconds = (value: CodecValue): string => String(value).replace('.000Z', 'Z');
const isoOfUnixMs = (value: CodecValue): string => new Date(Number(value)).toISOString();
/** The codec prints nine digits; the type has six (RFC 7011 section 6.1.9). */
const sixDigits = (value: CodecValue): string => String(value).replace(/(\.\d{6})\d*Z$/, '$1Z');

/** RFC 6759 section 4.1: engine, in engine 20 an enterprise number, and the selector in the bytes that are left. */
function applicationId(value: CodecValue, ours: string): string {
  const [engine = 0, ...others] = String(value).split('..').map(Number);
  const selector = others.pop() ?? 0;
  const head = hex(engine, 2) + others.map((enterprise) => hex(enterprise, 8)).join('');
  return head + hex(selector, ours.length - head.length);
}

/** Enterprise numbers: Citrix, VMware, Viptela. */
const [NETSCALER, VMWARE, VIPTELA] = [5951, 6876, 41916];
const netscaler = (number: number, theirs: Reading['theirs'] = numberAsBytes): Reading =>
  element(`element_${NETSCALER}_${number}`, theirs);
const vmware = (number: number): Reading => element(`element_${VMWARE}_${number}`, numberAsBytes);

/** Every name of the codec that is not IANA's own, with what it is. */
const codec: Readonly<Record<string, Reading>> = {
  version: { ours: ({ version }) => text(version) },
  flowset_id: { ours: ({ template }) => text(template) },
  engine_type: { ours: (record) => text(record.kind === 'flow' && record.flow.observationDomain >> 8) },
  // A field of v9, and half of the domain of v5.
  engine_id: {
    ours: (record) =>
      text(record.fields['engineId'] ?? (record.kind === 'flow' && record.flow.observationDomain & 0xff)),
  },
  // A field of v9, and of the header in v5, where 0 is "not sampled".
  sampling_interval: {
    ours: (record) =>
      text(record.fields['samplingInterval'] ?? (record.kind === 'flow' && record.flow.samplingRate - 1)),
  },
  ipv4_src_addr: element('sourceIPv4Address'),
  ipv4_dst_addr: element('destinationIPv4Address'),
  ipv4_next_hop: element('ipNextHopIPv4Address'),
  ip_protocol_version: element('ipVersion'),
  input_snmp: element('ingressInterface'),
  output_snmp: element('egressInterface'),
  in_pkts: element('packetDeltaCount'),
  in_bytes: element('octetDeltaCount'),
  out_pkts: element('postPacketDeltaCount'),
  out_bytes: element('postOctetDeltaCount'),
  in_permanent_bytes: element('octetTotalCount'),
  flows: element('deltaFlowCount'),
  l4_src_port: element('sourceTransportPort'),
  l4_dst_port: element('destinationTransportPort'),
  tcp_flags: element('tcpControlBits'),
  protocol: element('protocolIdentifier'),
  src_tos: element('ipClassOfService'),
  src_as: element('bgpSourceAsNumber'),
  dst_as: element('bgpDestinationAsNumber'),
  src_mask: element('sourceIPv4PrefixLength'),
  dst_mask: element('destinationIPv4PrefixLength'),
  in_src_mac: element('sourceMacAddress'),
  in_dst_mac: element('destinationMacAddress'),
  out_src_mac: element('postSourceMacAddress'),
  out_dst_mac: element('postDestinationMacAddress'),
  dst_vlan: element('postVlanId'),
  direction: element('flowDirection'),
  // Field 32 of v9, both in one, or 176.
  icmp_type: {
    ours: ({ fields }) => text(fields['icmpTypeIPv4'] ?? Number(fields['icmpTypeCodeIPv4']) >> 8),
  },
  icmp_code: element('icmpCodeIPv4'),
  conn_id: element('flowId'),
  ip_dscp: element('ipDiffServCodePoint'),
  if_desc: element('interfaceDescription'),
  sampling_algorithm: element('samplingAlgorithm'),
  total_flows_exp: element('exportedFlowRecordTotalCount'),
  total_pkts_exp: element('exportedMessageTotalCount'),
  flow_end_reason: element('flowEndReason'),
  application_id: element('applicationId', applicationId),
  // RFC 7270 section 4.12: two bits of status, six of reason.
  forwarding_status: element('forwardingStatus', (value) => {
    const { status = 0, reason = 0 } = JSON.parse(String(value)) as Readonly<Record<string, number>>;
    return String((status << 6) | reason);
  }),
  mpls_label_stack_octets: element('mplsLabelStackLength'),
  first_switched: flowTime('startMs'),
  last_switched: flowTime('endMs'),
  flow_start_msec: element('flowStartMilliseconds', isoOfUnixMs),
  event_time_msec: element('observationTimeMilliseconds', isoOfUnixMs),
  flowStartSeconds: element('flowStartSeconds', wholeSeconds),
  flowEndSeconds: element('flowEndSeconds', wholeSeconds),
  flowStartMicroseconds: element('flowStartMicroseconds', sixDigits),
  flowEndMicroseconds: element('flowEndMicroseconds', sixDigits),
  systemInitTimeMilliseconds: element('systemInitTimeMilliseconds', isoOfUnixMs),
  // Cisco ASA has numbers of its own above 33000 and 40000; Palo Alto has 346, 56701 and 56702.
  ingress_acl_id: element('element_33000', withoutDashes),
  egress_acl_id: element('element_33001', withoutDashes),
  fw_ext_event: element('element_33002', numberAsBytes),
  username: element('element_40000', textAsBytes),
  user_id: element('element_56702', textAsBytes),
  app_id: element('element_56701', textAsBytes),
  // IANA's since, and the ASA's before it.
  fw_event: {
    ours: ({ fields }) => text(fields['firewallEvent'] ?? fields['element_40005']),
    theirs: (value, ours) => (ours.length === 2 ? hex(value, 2) : String(value)),
  },
  ...Object.fromEntries(
    (
      [
        ['xlate_src_addr_ipv4', 'postNATSourceIPv4Address', 40_001, addressAsBytes],
        ['xlate_dst_addr_ipv4', 'postNATDestinationIPv4Address', 40_002, addressAsBytes],
        ['xlate_src_port', 'postNAPTSourceTransportPort', 40_003, numberAsBytes],
        ['xlate_dst_port', 'postNAPTDestinationTransportPort', 40_004, numberAsBytes],
      ] as const
    ).map(([name, iana, number, asBytes]) => [
      name,
      {
        ours: ({ fields }) => text(fields[iana] ?? fields[`element_${number}`]),
        theirs: (value, ours) => (/^[0-9a-f]{4}(?:.{4})?$/.test(ours) ? asBytes(value, ours) : String(value)),
      } satisfies Reading,
    ]),
  ),
  viptelaVPNId: element(`element_${VIPTELA}_4321`, numberAsBytes),
  vmwareIngressInterfaceAttr: vmware(890),
  vmwareEgressInterfaceAttr: vmware(888),
  vmwareVxlanExportRole: vmware(889),
  vmwareUnknown888: vmware(888),
  vmwareUnknown889: vmware(889),
  vmwareUnknown890: vmware(890),
  netscalerRoundTripTime: netscaler(128),
  netscalerTransactionId: netscaler(129),
  netscalerHttpReqUrl: netscaler(130, textAsBytes),
  netscalerHttpReqCookie: netscaler(131, textAsBytes),
  netscalerFlowFlags: netscaler(132),
  netscalerConnectionId: netscaler(133),
  netscalerHttpReqReferer: netscaler(140, textAsBytes),
  netscalerHttpReqMethod: netscaler(141, textAsBytes),
  netscalerHttpReqHost: netscaler(142, textAsBytes),
  netscalerHttpReqUserAgent: netscaler(143, textAsBytes),
  netscalerAppNameAppId: netscaler(151),
  netscalerHttpResForwFB: netscaler(158),
  netscalerHttpResForwLB: netscaler(170),
  netscalerAppUnitNameAppId: netscaler(171),
  netscalerHttpContentType: netscaler(183, textAsBytes),
  netscalerHttpReqAuthorization: netscaler(185, textAsBytes),
  netscalerHttpReqVia: netscaler(186, textAsBytes),
  netscalerHttpReqXForwardedFor: netscaler(190, textAsBytes),
  netscalerConnectionChainID: netscaler(192, String),
  netscalerConnectionChainHopCount: netscaler(193),
  netscalerAaaUsername: netscaler(205, textAsBytes),
  netscalerHttpDomainName: netscaler(267, textAsBytes),
  netscalerUnknown330: netscaler(330),
};

/** Names that are not in the table are IANA's. */
export const readingOf = (field: string): Reading => codec[field] ?? element(field);
