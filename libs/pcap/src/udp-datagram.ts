import type { CaptureProblem } from './capture-problems.ts';
import { findIp } from './link-layer.ts';
import type { Packet } from './packet.ts';
import { viewOf } from './view-of.ts';

export interface UdpDatagram {
  /** When it was captured, Unix milliseconds; 0 where the capture does not say. */
  readonly timeMs: number;
  /** 16 bytes; IPv4 as ::ffff:a.b.c.d. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** Fewer bytes of it were captured than were on the wire. */
  readonly cutShort: boolean;
}

const PROTOCOL_UDP = 17;
const UDP_HEADER_BYTES = 8;
const IPV6_HEADER_BYTES = 40;
const IPV6_FRAGMENT = 44;
const IPV6_AUTHENTICATION = 51;
/** Hop-by-hop, routing, destination options, mobility, HIP, shim6: length in units of 8 bytes beyond the first. */
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140]);

/** What stands in an IP packet: where UDP starts, and where the IP packet ends by its own header. */
interface UdpSegment {
  readonly source: Uint8Array;
  readonly udpAt: number;
  readonly endAt: number;
}

type Refused = Extract<
  CaptureProblem,
  'unknown-link-type' | 'not-ip' | 'not-udp' | 'ip-fragment' | 'broken-packet'
>;

/** The datagram in a packet, or why there is none. */
export function readUdp({ bytes, linkType, timeMs }: Packet): UdpDatagram | Refused {
  const view = viewOf(bytes);
  const ipAt = findIp(view, linkType);
  if (typeof ipAt === 'string') return ipAt;
  if (ipAt >= view.byteLength) return 'broken-packet';
  const ipVersion = view.getUint8(ipAt) >>> 4;
  if (ipVersion !== 4 && ipVersion !== 6) return 'broken-packet';
  const segment = ipVersion === 4 ? readIpv4(view, ipAt) : readIpv6(view, ipAt);
  if (typeof segment === 'string') return segment;

  const { source, udpAt, endAt } = segment;
  const payloadAt = udpAt + UDP_HEADER_BYTES;
  if (payloadAt > view.byteLength) return 'broken-packet';
  const udpEndAt = udpAt + view.getUint16(udpAt + 4);
  if (udpEndAt < payloadAt || udpEndAt > endAt) return 'broken-packet';
  return {
    timeMs,
    source,
    sourcePort: view.getUint16(udpAt),
    destinationPort: view.getUint16(udpAt + 2),
    payload: bytes.subarray(payloadAt, udpEndAt),
    cutShort: udpEndAt > view.byteLength,
  };
}

/** RFC 791. */
function readIpv4(view: DataView, at: number): UdpSegment | Refused {
  const headerBytes = (view.getUint8(at) & 0x0f) * 4;
  if (headerBytes < 20 || at + headerBytes > view.byteLength) return 'broken-packet';
  // Offset and "more fragments"; "do not fragment" stands above them.
  if ((view.getUint16(at + 6) & 0x3fff) !== 0) return 'ip-fragment';
  if (view.getUint8(at + 9) !== PROTOCOL_UDP) return 'not-udp';
  const totalBytes = view.getUint16(at + 2);
  const source = new Uint8Array(16);
  source.set([0xff, 0xff], 10);
  source.set(new Uint8Array(view.buffer, view.byteOffset + at + 12, 4), 12);
  // A card that segments by itself is given packets of length 0.
  const endAt = totalBytes === 0 ? view.byteLength : at + totalBytes;
  return { source, udpAt: at + headerBytes, endAt };
}

/** RFC 8200. */
function readIpv6(view: DataView, at: number): UdpSegment | Refused {
  let nextAt = at + IPV6_HEADER_BYTES;
  if (nextAt > view.byteLength) return 'broken-packet';
  let header = view.getUint8(at + 6);
  while (header !== PROTOCOL_UDP) {
    const isFragment = header === IPV6_FRAGMENT;
    const isAuthentication = header === IPV6_AUTHENTICATION;
    if (!isFragment && !isAuthentication && !IPV6_EXTENSIONS.has(header)) return 'not-udp';
    if (nextAt + 8 > view.byteLength) return 'broken-packet';
    // A fragment that is the whole packet is none (RFC 6946).
    if (isFragment && (view.getUint16(nextAt + 2) & 0xfff9) !== 0) return 'ip-fragment';
    const lengthBytes = view.getUint8(nextAt + 1);
    header = view.getUint8(nextAt);
    if (isFragment) nextAt += 8;
    else nextAt += isAuthentication ? (lengthBytes + 2) * 4 : (lengthBytes + 1) * 8;
  }
  const payloadBytes = view.getUint16(at + 4);
  return {
    source: new Uint8Array(view.buffer, view.byteOffset + at + 8, 16).slice(),
    udpAt: nextAt,
    endAt: payloadBytes === 0 ? view.byteLength : at + IPV6_HEADER_BYTES + payloadBytes,
  };
}
