import { addressToBytes, type Flow } from '@fairlead/model';
import { randomNumbers } from '@fairlead/testkit';
import { buildSet, buildV9, templateRecord, type V9Field } from '@fairlead/netflow/testing';

/** What a flow is apart from its addresses and ports. */
export type FlowShape = Pick<Flow, 'protocol' | 'tcpFlags' | 'tos' | 'bytes' | 'packets'> & {
  readonly durationMs: number;
};

export interface RouterosExport {
  /** A datagram with the template alone. */
  template(): Buffer;
  /** The flows of some connections, both directions of each, as they ended before this moment. */
  datagram(unixMs: number): Buffer;
}

const TEMPLATE_ID = 256;
const HEADER_BYTES = 20;
const UPTIME_AT_START_MS = 400_000_000;

/** The fields of RouterOS 6.39 (captures, template 258) with type of service and, as RouterOS 7 has them, the ports after NAT. */
const FIELDS: readonly V9Field[] = [
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
];
const RECORD_BYTES = FIELDS.reduce((sum, [, lengthBytes]) => sum + lengthBytes, 0);
/** As many as fit into 1400 bytes; an even number, for the two directions of a connection. */
export const FLOWS_PER_DATAGRAM = 24;
const SET_BYTES = 4 + FLOWS_PER_DATAGRAM * RECORD_BYTES;
/** Bytes of each datagram of flows. */
export const DATAGRAM_BYTES = HEADER_BYTES + SET_BYTES;

/** A flow is exported this long after its last packet, oldest first, in rounds (capture `mikrotik_v5`: 15.3 to 15.4 s). */
const INACTIVE_MS = 15_300;
const SCAN_MS = 100;
const BRIDGE = 3;
const WANS = [
  { ifIndex: 1, address: v4('198.51.100.7'), gateway: v4('198.51.100.1') },
  { ifIndex: 2, address: v4('203.0.113.9'), gateway: v4('203.0.113.1') },
] as const;
const INSIDE_HOSTS = 300;
const SERVERS = 20_000;
/** Where connections go to, and how many of a hundred. */
const SERVICES = [
  { port: 443, share: 62 },
  { port: 53, share: 16 },
  { port: 80, share: 8 },
  { port: 123, share: 2 },
  { port: 5_228, share: 2 },
] as const;
const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL = 28_232;

/**
 * What a RouterOS site behind NAT exports, made up from a seed: few inside hosts and servers have most of the
 * connections (the n-th has 1/n of the first), client ports are ephemeral, and masquerading keeps them.
 * @param shapes taken in turn by chance; packets are varied by a factor of up to 2, bytes follow them within 20 %
 */
export function createRouterosExport(seed: number, shapes: readonly FlowShape[]): RouterosExport {
  const random = randomNumbers(seed);
  const host = skewed(INSIDE_HOSTS, random);
  const server = skewed(SERVERS, random);
  let startedMs: number | undefined;
  let sequence = 0;

  const varied = (shape: FlowShape): { bytes: number; packets: number } => {
    if (shape.packets <= 1) return { bytes: shape.bytes, packets: shape.packets };
    const packets = Math.max(1, Math.round(shape.packets * 2 ** (2 * random() - 1)));
    const packetBytes = (shape.bytes / shape.packets) * (0.8 + 0.4 * random());
    return {
      packets,
      bytes: Math.min(2 ** 32 - 1, Math.max(28 * packets, Math.round(packets * packetBytes))),
    };
  };

  const serverPort = (): number => {
    let hundredth = random() * 100;
    for (const { port, share } of SERVICES) {
      hundredth -= share;
      if (hundredth < 0) return port;
    }
    return 1_024 + Math.floor(random() * 64_000);
  };

  const putConnection = (datagram: Buffer, at: number, endedMs: number): void => {
    const wan = WANS[random() < 0.7 ? 0 : 1];
    const inside = 0x0a_0a_00_0a + host();
    // Servers stand in blocks of providers, some to a /24.
    const rank = server();
    const outside = (0x0d_00_00_00 + Math.imul(rank >>> 3, 0x9e_37_79) * 256 + (rank & 7) * 29) >>> 0;
    const clientPort = FIRST_EPHEMERAL + Math.floor(random() * EPHEMERAL);
    const port = serverPort();
    const shape = shapes[Math.floor(random() * shapes.length)];
    if (!shape) throw new Error('there are no shapes');
    const last = tenMs(endedMs);
    const first = tenMs(endedMs - shape.durationMs * (0.5 + random()));
    const put = (from: number, up: boolean): void => {
      const { bytes, packets } = varied(shape);
      let place = from;
      const u32 = (value: number): void => void (place = datagram.writeUInt32BE(value, place));
      const u16 = (value: number): void => void (place = datagram.writeUInt16BE(value, place));
      const u8 = (value: number): void => void (place = datagram.writeUInt8(value, place));
      u32(first);
      u32(last);
      u32(packets);
      u32(bytes);
      u16(up ? clientPort : port);
      u16(up ? port : clientPort);
      u32(up ? BRIDGE : wan.ifIndex);
      u32(up ? wan.ifIndex : BRIDGE);
      u8(shape.protocol);
      u8(shape.tcpFlags);
      u8(shape.tos);
      u32(up ? inside : outside);
      u32(up ? outside : wan.address);
      u32(up ? wan.gateway : inside);
      u32(up ? wan.address : outside);
      u32(up ? outside : inside);
      u16(up ? clientPort : port);
      u16(up ? port : clientPort);
    };
    put(at, true);
    put(at + RECORD_BYTES, false);
  };

  return {
    template: () => Buffer.from(buildV9({}, buildSet(0, templateRecord(TEMPLATE_ID, FIELDS)))),
    datagram(unixMs) {
      startedMs ??= unixMs;
      const uptimeMs = UPTIME_AT_START_MS + (unixMs - startedMs);
      const datagram = Buffer.alloc(DATAGRAM_BYTES);
      datagram.writeUInt16BE(9, 0);
      datagram.writeUInt16BE(FLOWS_PER_DATAGRAM, 2);
      datagram.writeUInt32BE(tenMs(uptimeMs), 4);
      datagram.writeUInt32BE(Math.floor(unixMs / 1_000), 8);
      datagram.writeUInt32BE((sequence += 1), 12);
      datagram.writeUInt16BE(TEMPLATE_ID, HEADER_BYTES);
      datagram.writeUInt16BE(SET_BYTES, HEADER_BYTES + 2);
      for (let flow = 0; flow < FLOWS_PER_DATAGRAM; flow += 2) {
        const endedMs = uptimeMs - INACTIVE_MS - SCAN_MS * (1 - flow / FLOWS_PER_DATAGRAM);
        putConnection(datagram, HEADER_BYTES + 4 + flow * RECORD_BYTES, endedMs);
      }
      return datagram;
    },
  };
}

/** Shapes for where the captures are not needed: queries, short and long transfers. */
export const commonShapes: readonly FlowShape[] = [
  { protocol: 17, tcpFlags: 0, tos: 0, bytes: 76, packets: 1, durationMs: 0 },
  { protocol: 17, tcpFlags: 0, tos: 0, bytes: 5_200, packets: 12, durationMs: 2_000 },
  { protocol: 6, tcpFlags: 0x1b, tos: 0, bytes: 1_900, packets: 11, durationMs: 800 },
  { protocol: 6, tcpFlags: 0x1a, tos: 0, bytes: 48_000, packets: 60, durationMs: 9_000 },
  { protocol: 6, tcpFlags: 0x1a, tos: 0x28, bytes: 2_400_000, packets: 1_900, durationMs: 60_000 },
];

/** RouterOS counts time in steps of 10 ms. */
const tenMs = (ms: number): number => Math.floor(ms / 10) * 10;

/** Ranks from 0 on, the n-th with 1/n of the first's chance. */
function skewed(count: number, random: () => number): () => number {
  return () => Math.floor((count + 1) ** random()) - 1;
}

function v4(address: string): number {
  const bytes = addressToBytes(address);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(12);
}
