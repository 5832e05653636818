const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;
/** A session of PPPoE (RFC 2516): six bytes of its own, and the protocol of PPP where Ethernet has its type. */
const ETHER_TYPE_PPPOE = 0x8864;
const PPPOE_HEADER_BYTES = 6;
const PPP_IP: ReadonlySet<number> = new Set([0x0021, 0x0057]);
/** Unicast and multicast, as Ethernet (RFC 5332) and PPP (RFC 3032 section 4.3) number them. */
const ETHER_TYPE_MPLS: ReadonlySet<number> = new Set([0x8847, 0x8848]);
const PPP_MPLS: ReadonlySet<number> = new Set([0x0281, 0x0283]);
const MPLS_LABEL_BYTES = 4;
const PPP_ADDRESS_AND_CONTROL = 0xff03;
/** 802.1Q, 802.1ad, and what stacked tags were before 802.1ad. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const IPV6_FAMILIES: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/** Where the IP header of a packet starts, or why there is none. */
export type IpStart = number | 'unknown-link-type' | 'not-ip' | 'broken-packet';

/**
 * Looks behind the link layer.
 * Source: https://www.tcpdump.org/linktypes.html
 */
export function findIp(view: DataView, linkType: number): IpStart {
  switch (linkType) {
    case 0: // NULL: the address family in the byte order of the machine that captured
      return behindFamily(view, [view.byteLength >= 4 ? view.getUint32(0, true) : 0, familyOf(view)]);
    case 108: // LOOP: the same in network order
      return behindFamily(view, [familyOf(view)]);
    case 1: // ETHERNET
      return behindEtherType(view, 12);
    case 9: // PPP, with the address and control of HDLC or without
    case 50: // PPP_HDLC
      return behindPpp(view, view.byteLength >= 2 && view.getUint16(0) === PPP_ADDRESS_AND_CONTROL ? 2 : 0);
    case 104: // C_HDLC: address and control, and the type of Ethernet
      return behindEtherType(view, 2);
    case 113: // LINUX_SLL
      return behindEtherType(view, 14);
    case 276: // LINUX_SLL2: the type stands first in a header of 20 bytes
      return behindEtherType(view, 0, 20);
    case 12: // RAW, as BSD and OpenBSD number it in files
    case 14:
    case 101:
    case 228: // IPV4
    case 229: // IPV6
      return 0;
    default:
      return 'unknown-link-type';
  }
}

/** Follows VLAN tags: four bytes each, of which the last two are the next type. */
function behindEtherType(view: DataView, typeAt: number, start = typeAt + 2): IpStart {
  if (view.byteLength < start) return 'broken-packet';
  let type = view.getUint16(typeAt);
  let at = start;
  while (VLAN_TAGS.has(type)) {
    if (view.byteLength < at + 4) return 'broken-packet';
    type = view.getUint16(at + 2);
    at += 4;
  }
  if (type === ETHER_TYPE_PPPOE) return behindPpp(view, at + PPPOE_HEADER_BYTES);
  if (ETHER_TYPE_MPLS.has(type)) return behindLabels(view, at);
  return type === ETHER_TYPE_IPV4 || type === ETHER_TYPE_IPV6 ? at : 'not-ip';
}

/** The protocol stands in two bytes, or in one where the zero before it is left out (RFC 1661 section 6.5). */
function behindPpp(view: DataView, protocolAt: number): IpStart {
  if (view.byteLength < protocolAt + 2) return 'broken-packet';
  const first = view.getUint8(protocolAt);
  const isShort = (first & 1) === 1;
  const protocol = isShort ? first : view.getUint16(protocolAt);
  const at = protocolAt + (isShort ? 1 : 2);
  if (PPP_MPLS.has(protocol)) return behindLabels(view, at);
  return PPP_IP.has(protocol) ? at : 'not-ip';
}

/** Labels up to the one that says it is the last; what is behind it is IP only where it looks like it. */
function behindLabels(view: DataView, labelsAt: number): IpStart {
  for (let at = labelsAt; at + MPLS_LABEL_BYTES < view.byteLength; at += MPLS_LABEL_BYTES) {
    if ((view.getUint8(at + 2) & 1) === 0) continue;
    const ipVersion = view.getUint8(at + MPLS_LABEL_BYTES) >>> 4;
    return ipVersion === 4 || ipVersion === 6 ? at + MPLS_LABEL_BYTES : 'not-ip';
  }
  return 'broken-packet';
}

const familyOf = (view: DataView): number => (view.byteLength >= 4 ? view.getUint32(0) : 0);

function behindFamily(view: DataView, readings: readonly number[]): IpStart {
  if (view.byteLength < 4) return 'broken-packet';
  return readings.some((family) => family === 2 || IPV6_FAMILIES.has(family)) ? 4 : 'not-ip';
}
