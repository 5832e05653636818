import { addressFromBytes, type Flow } from '@fairlead/model';
import type { DataRecord, FieldValue } from '../index.ts';

/** A record of nfacctd: primitives, and the counters that it sums for all flows that have them in common. */
export type PmacctRow = Readonly<Record<string, unknown>> & {
  readonly tcp_flags: readonly string[];
  readonly packets: number;
  readonly bytes: number;
};

/** What options data of one exporter said so far; nfacctd puts it on the flows that come behind it. */
export interface OptionMaps {
  /** By ingressVRFID. */
  readonly vrfs: Map<string, { readonly name: string; readonly distinguisher: string }>;
  /** By ifIndex. */
  readonly interfaceNames: Map<string, string>;
}

/** A flow, and what nfacctd knows when it comes. */
export interface SeenFlow {
  readonly peer: string;
  readonly flow: Flow;
  readonly fields: DataRecord['fields'];
  readonly options: OptionMaps;
  readonly exportSeconds: number;
  /** set_label of the test's pretag map. */
  readonly label: (peer: string) => unknown;
}

const valuesOf = (fields: DataRecord['fields'], name: string): readonly FieldValue[] =>
  [fields[name] ?? []].flat();
/** In a tunnel the inner header comes last. */
const inner = (fields: DataRecord['fields'], ...names: readonly string[]): string | undefined =>
  names
    .flatMap((name) => valuesOf(fields, name))
    .map(String)
    .findLast((value) => value !== '::' && value !== '0.0.0.0');
const numberOf = ({ fields }: SeenFlow, ...names: readonly string[]): number =>
  Number(names.map((name) => valuesOf(fields, name).at(-1)).find((value) => value !== undefined) ?? 0);
const isTunnel = ({ fields }: SeenFlow): boolean => valuesOf(fields, 'protocolIdentifier').length > 1;

const source = (seen: SeenFlow): string =>
  inner(seen.fields, 'sourceIPv6Address', 'sourceIPv4Address') ?? noAddress(seen);
const destination = (seen: SeenFlow): string =>
  inner(seen.fields, 'destinationIPv6Address', 'destinationIPv4Address') ?? noAddress(seen);
const noAddress = ({ flow }: SeenFlow): string => (flow.ipVersion === 6 ? '::' : '0.0.0.0');

const protocols: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [4, 'ipencap'],
  [6, 'tcp'],
  [17, 'udp'],
  [41, 'ipv6'],
  [58, 'ipv6-icmp'],
  [112, 'vrrp'],
]);
const forwarding: ReadonlyMap<number, string> = new Map([
  [0, 'UNKNOWN Unclassified'],
  [64, 'FORWARDED Unknown'],
  [195, 'CONSUMED For us'],
]);
const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const labelSections = [
  'mplsTopLabelStackSection',
  ...[2, 3, 4, 5, 6].map((section) => `mplsLabelStackSection${section}`),
];

/** The bits of an address in front of a prefix length, as an address. */
function network(address: string, bits: number): string {
  const bytes = addressBytes(address);
  const offset = address.includes(':') ? 0 : 96;
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits + offset - i * 8))));
  return address.includes(':') ? addressFromBytes(masked) : masked.subarray(12).join('.');
}

function addressBytes(address: string): Uint8Array {
  if (!address.includes(':')) {
    return Uint8Array.from([...Array<number>(10).fill(0), 255, 255, ...address.split('.').map(Number)]);
  }
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = Array<number>(8 - front.length - back.length).fill(0);
  return Uint8Array.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}

/** RFC 4364 section 4.2: the type says how the six bytes behind it are cut. */
function routeDistinguisher(hex: string): string {
  const part = (from: number, to: number): number => Number.parseInt(hex.slice(from, to), 16);
  const type = part(0, 4);
  return type === 2 ? `2:${part(4, 12)}:${part(12, 16)}` : `${type}:${part(4, 8)}:${part(8, 16)}`;
}

/** Where a flow goes from the default VRF into another, nfacctd takes the other. */
function vrfOf(seen: SeenFlow): {
  readonly id: string | undefined;
  readonly name: string;
  readonly distinguisher: string;
} {
  const ids = ['ingressVRFID', 'egressVRFID'].map((field) => inner(seen.fields, field));
  const known = ids.map((id) => seen.options.vrfs.get(id ?? ''));
  const place = known.findIndex((vrf) => vrf !== undefined && Number.parseInt(vrf.distinguisher, 16) !== 0);
  const [id, vrf] = [ids[Math.max(0, place)], known[Math.max(0, place)]];
  const distinguisher = vrf ? routeDistinguisher(vrf.distinguisher) : `vrfid:${id}`;
  return { id, name: vrf?.name ?? '', distinguisher: id === undefined ? '0:0:0' : distinguisher };
}

const vrfName = (seen: SeenFlow, field: string): string =>
  seen.options.vrfs.get(inner(seen.fields, field) ?? '')?.name ?? '';
const interfaceName = (seen: SeenFlow, ifIndex: number): string =>
  seen.options.interfaceNames.get(String(ifIndex)) ?? '';
const seconds = (unixMs = 0): string => `${Math.floor(unixMs / 1_000)}.000000`;
const noMac = '00:00:00:00:00:00';

/** Every primitive of the six configurations out of our reading of a flow. */
export const primitives: Readonly<Record<string, (seen: SeenFlow) => unknown>> = {
  label: ({ label, peer }) => label(peer),
  peer_ip_src: ({ peer }) => peer,
  iface_in: ({ flow }) => flow.inputIfIndex,
  iface_out: ({ flow }) => flow.outputIfIndex,
  iface_name_in: (seen) => interfaceName(seen, seen.flow.inputIfIndex),
  iface_name_out: (seen) => interfaceName(seen, seen.flow.outputIfIndex),
  mpls_vpn_rd: (seen) => vrfOf(seen).distinguisher,
  mpls_vpn_rd_origin: (seen) => (vrfOf(seen).id === undefined ? 'unknown' : 'flow'),
  ip_src: source,
  ip_dst: destination,
  mask_src: (seen) => numberOf(seen, 'sourceIPv4PrefixLength', 'sourceIPv6PrefixLength'),
  mask_dst: (seen) => numberOf(seen, 'destinationIPv4PrefixLength', 'destinationIPv6PrefixLength'),
  net_src: (seen) =>
    network(source(seen), numberOf(seen, 'sourceIPv4PrefixLength', 'sourceIPv6PrefixLength')),
  net_dst: (seen) =>
    network(destination(seen), numberOf(seen, 'destinationIPv4PrefixLength', 'destinationIPv6PrefixLength')),
  port_src: (seen) => numberOf(seen, 'sourceTransportPort'),
  port_dst: (seen) => numberOf(seen, 'destinationTransportPort'),
  ip_proto: (seen) => protocols.get(numberOf(seen, 'protocolIdentifier')),
  tos: (seen) => numberOf(seen, 'ipClassOfService'),
  fwd_status: (seen) => forwarding.get(numberOf(seen, 'forwardingStatus')),
  // 20 bits of label, and the number of its place.
  mpls_label_stack: ({ fields }) =>
    labelSections
      .map((section) => Number.parseInt(inner(fields, section) ?? '0', 16) >> 4)
      .flatMap((label, place) => (label === 0 ? [] : [`${place}-${label}`])),
  vrf_name: (seen) => vrfOf(seen).name,
  ingress_vrf_name: (seen) => vrfName(seen, 'ingressVRFID'),
  egress_vrf_name: (seen) => vrfName(seen, 'egressVRFID'),
  mac_src: ({ fields }) => inner(fields, 'sourceMacAddress') ?? noMac,
  mac_dst: ({ fields }) => inner(fields, 'destinationMacAddress') ?? noMac,
  vlan_in: (seen) => numberOf(seen, 'dot1qVlanId', 'vlanId'),
  cos: (seen) => numberOf(seen, 'dot1qPriority'),
  // Where the template has none, that of the IP version.
  etype: (seen) =>
    (numberOf(seen, 'ethernetType') || (seen.flow.ipVersion === 6 ? 0x86dd : 0x0800)).toString(16),
  srv6_seg_ipv6_list: ({ fields }) => valuesOf(fields, 'srhSegmentIPv6ListSection'),
  tunnel_ip_src: (seen) => (isTunnel(seen) ? addressFromBytes(seen.flow.srcAddress) : ''),
  tunnel_ip_dst: (seen) => (isTunnel(seen) ? addressFromBytes(seen.flow.dstAddress) : ''),
  tunnel_ip_proto: (seen) => (isTunnel(seen) ? protocols.get(seen.flow.protocol) : '0'),
  tunnel_tos: (seen) => (isTunnel(seen) ? seen.flow.tos : 0),
  tunnel_flow_label: ({ fields }) => {
    const labels = valuesOf(fields, 'flowLabelIPv6');
    return labels.length > 1 ? Number(labels[0]) : 0;
  },
  post_nat_ip_src: ({ flow }) => (flow.postNatSrcAddress ? addressFromBytes(flow.postNatSrcAddress) : ''),
  post_nat_ip_dst: ({ flow }) => (flow.postNatDstAddress ? addressFromBytes(flow.postNatDstAddress) : ''),
  post_nat_port_src: ({ flow }) => flow.postNatSrcPort ?? 0,
  post_nat_port_dst: ({ flow }) => flow.postNatDstPort ?? 0,
  nat_event: (seen) => numberOf(seen, 'natEvent'),
  timestamp_start: ({ flow }) => seconds(flow.startMs),
  timestamp_end: ({ flow }) => seconds(flow.endMs),
  timestamp_export: ({ exportSeconds }) => `${exportSeconds}.000000`,
};

/** The test's own primitives are element numbers; these are the elements. */
const customPrimitives: Readonly<Record<string, string>> = {
  vrf_id_ingress: 'ingressVRFID',
  vrf_id_egress: 'egressVRFID',
  mpls_tl_type: 'mplsTopLabelType',
  mpls_tl_ipv4_address: 'mplsTopLabelIPv4Address',
  mpls_tl_prefix_length: 'mplsTopLabelPrefixLength',
};

/** No primitive, although it is printed like one: the flags of all flows that have the primitives in common. */
export const tcpFlags = (seen: SeenFlow): string[] =>
  flagNames.filter((_, bit) => numberOf(seen, 'tcpControlBits') & (1 << bit));

/** What is absent reads as zero of its kind. */
export const customPrimitive = ({ fields }: SeenFlow, name: string): string =>
  inner(fields, customPrimitives[name] ?? name) ?? (name.endsWith('address') ? '0.0.0.0' : '0');
