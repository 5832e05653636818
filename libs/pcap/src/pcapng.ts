import type { ByteSource } from './byte-source.ts';
import type { CaptureProblems } from './capture-problems.ts';
import { MAX_PACKET_BYTES, type Packet, packetTimeMs } from './packet.ts';
import { viewOf } from './view-of.ts';

/** Reads the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
/** What was before enhanced packets; old captures have it. */
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const USEFUL_BLOCKS: ReadonlySet<number> = new Set([
  INTERFACE_DESCRIPTION,
  OBSOLETE_PACKET,
  SIMPLE_PACKET,
  ENHANCED_PACKET,
]);
/** A packet of the largest size, what stands before it, and generous options behind it. */
const MAX_BODY_BYTES = MAX_PACKET_BYTES + 65_536;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type and length before the body of a block, length again behind it. */
const BLOCK_FRAME_BYTES = 12;
/** Interfaces of one section that are remembered; a real capture has a few dozen. */
const MAX_INTERFACES = 65_536;

const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapBytes: number;
  /** Since 1970 there are more ticks than a number holds exactly. */
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** A block of which the body is of use here; a section header is given without. */
interface Block {
  readonly type: number;
  readonly littleEndian: boolean;
  readonly body: Uint8Array;
}

/**
 * Packets of a pcapng capture, of whose first section header the type was taken already. Other blocks (names,
 * statistics, secrets) are stepped over.
 * Source: draft-ietf-opsawg-pcapng.
 */
export function* readPcapngPackets(source: ByteSource, problems: CaptureProblems): Generator<Packet, void> {
  let interfaces: (CaptureInterface | undefined)[] = [];
  for (const { type, littleEndian, body } of readBlocks(source, problems)) {
    if (type === SECTION_HEADER) {
      interfaces = [];
    } else if (type === INTERFACE_DESCRIPTION) {
      const described = readInterface(viewOf(body), littleEndian);
      if (!described) problems.count('broken-block');
      if (interfaces.length < MAX_INTERFACES) interfaces.push(described);
    } else {
      const packet =
        type === SIMPLE_PACKET
          ? readSimplePacket(body, littleEndian, interfaces)
          : readTimedPacket(body, littleEndian, interfaces, type);
      if (typeof packet === 'string') problems.count(packet);
      else yield packet;
    }
  }
}

function* readBlocks(source: ByteSource, problems: CaptureProblems): Generator<Block, void> {
  let littleEndian = false;
  let type = SECTION_HEADER;
  for (;;) {
    // The byte order of a section stands in its header, behind the length that one wants to read.
    const isSection = type === SECTION_HEADER;
    const head = source.take(isSection ? 8 : 4);
    if (!head) {
      problems.count('file-cut-short');
      return;
    }
    const view = viewOf(head);
    if (isSection) {
      littleEndian = view.getUint32(4, true) === BYTE_ORDER_MAGIC;
      if (!littleEndian && view.getUint32(4) !== BYTE_ORDER_MAGIC) {
        problems.count('broken-block');
        return;
      }
    }
    const lengthBytes = view.getUint32(0, littleEndian);
    const bodyBytes = lengthBytes - BLOCK_FRAME_BYTES - (isSection ? 4 : 0);
    if (bodyBytes < 0 || lengthBytes % 4 !== 0) {
      problems.count('broken-block');
      return;
    }

    const isUseful = USEFUL_BLOCKS.has(type);
    const isOversized = isUseful && bodyBytes > MAX_BODY_BYTES;
    if (isOversized) problems.count('oversized-packet');
    const body = isUseful && !isOversized ? source.take(bodyBytes) : skipBody(source, bodyBytes);
    if (!body || !source.skip(4)) {
      problems.count('file-cut-short');
      return;
    }
    if (isSection || (isUseful && !isOversized)) yield { type, littleEndian, body };

    if (source.ended) return;
    const next = source.take(4);
    if (!next) {
      problems.count('file-cut-short');
      return;
    }
    type = viewOf(next).getUint32(0, littleEndian);
  }
}

const skipBody = (source: ByteSource, bytes: number): Uint8Array | undefined =>
  source.skip(bytes) ? new Uint8Array() : undefined;

function readInterface(body: DataView, littleEndian: boolean): CaptureInterface | undefined {
  if (body.byteLength < 8) return undefined;
  let ticksPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (let at = 8; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, littleEndian);
    const lengthBytes = body.getUint16(at + 2, littleEndian);
    const value = at + 4;
    if (code === 0 || value + lengthBytes > body.byteLength) break;
    if (code === OPTION_TIME_RESOLUTION && lengthBytes === 1) {
      const resolution = body.getUint8(value);
      ticksPerSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
    } else if (code === OPTION_TIME_OFFSET && lengthBytes === 8) {
      offsetSeconds = body.getBigInt64(value, littleEndian);
    }
    at = value + Math.ceil(lengthBytes / 4) * 4;
  }
  return {
    linkType: body.getUint16(0, littleEndian),
    snapBytes: body.getUint32(4, littleEndian) || MAX_PACKET_BYTES,
    ticksPerSecond,
    offsetSeconds,
  };
}

type Refused = 'broken-block' | 'unknown-interface';

/** An enhanced packet, or an obsolete one, which has its interface in two bytes and a count of drops behind them. */
function readTimedPacket(
  body: Uint8Array,
  littleEndian: boolean,
  interfaces: readonly (CaptureInterface | undefined)[],
  type: number,
): Packet | Refused {
  if (body.length < 20) return 'broken-block';
  const view = viewOf(body);
  const isObsolete = type === OBSOLETE_PACKET;
  const from = interfaces[isObsolete ? view.getUint16(0, littleEndian) : view.getUint32(0, littleEndian)];
  if (!from) return 'unknown-interface';
  const lengthBytes = view.getUint32(12, littleEndian);
  if (lengthBytes > body.length - 20) return 'broken-block';
  const ticks = (BigInt(view.getUint32(4, littleEndian)) << 32n) | BigInt(view.getUint32(8, littleEndian));
  return {
    timeMs: packetTimeMs(Number(from.offsetSeconds * 1_000n + (ticks * 1_000n) / from.ticksPerSecond)),
    linkType: from.linkType,
    bytes: body.subarray(20, 20 + lengthBytes),
  };
}

/** A simple packet has no time, and its captured length follows from the snap length of the first interface. */
function readSimplePacket(
  body: Uint8Array,
  littleEndian: boolean,
  interfaces: readonly (CaptureInterface | undefined)[],
): Packet | Refused {
  if (body.length < 4) return 'broken-block';
  const from = interfaces[0];
  if (!from) return 'unknown-interface';
  const lengthBytes = Math.min(viewOf(body).getUint32(0, littleEndian), from.snapBytes);
  return { timeMs: 0, linkType: from.linkType, bytes: body.subarray(4, 4 + lengthBytes) };
}
