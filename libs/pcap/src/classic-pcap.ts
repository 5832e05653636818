import type { ByteSource } from './byte-source.ts';
import type { CaptureProblems } from './capture-problems.ts';
import { MAX_PACKET_BYTES, type Packet, packetTimeMs } from './packet.ts';
import { viewOf } from './view-of.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** What the magic number says about the file. */
export interface ClassicFormat {
  readonly littleEndian: boolean;
  readonly ticksPerSecond: number;
}

/** The format of a file that begins with these four bytes, or undefined when it is not classic pcap. */
export function classicFormat(magic: number): ClassicFormat | undefined {
  switch (magic) {
    case 0xa1b2c3d4:
      return { littleEndian: false, ticksPerSecond: 1_000_000 };
    case 0xd4c3b2a1:
      return { littleEndian: true, ticksPerSecond: 1_000_000 };
    case 0xa1b23c4d:
      return { littleEndian: false, ticksPerSecond: 1_000_000_000 };
    case 0x4d3cb2a1:
      return { littleEndian: true, ticksPerSecond: 1_000_000_000 };
    default:
      return undefined;
  }
}

/**
 * Packets of a classic capture whose magic number was taken already.
 * Source: draft-ietf-opsawg-pcap.
 */
export function* readClassicPackets(
  source: ByteSource,
  { littleEndian, ticksPerSecond }: ClassicFormat,
  problems: CaptureProblems,
): Generator<Packet, void> {
  const rest = source.take(FILE_HEADER_BYTES - 4);
  if (!rest) {
    problems.count('file-cut-short');
    return;
  }
  // The upper half says how long the frame check sequence is.
  const linkType = viewOf(rest).getUint32(16, littleEndian) & 0xffff;
  while (!source.ended) {
    const header = source.take(RECORD_HEADER_BYTES);
    if (!header) {
      problems.count('file-cut-short');
      return;
    }
    const view = viewOf(header);
    const lengthBytes = view.getUint32(8, littleEndian);
    if (lengthBytes > MAX_PACKET_BYTES) {
      problems.count('oversized-packet');
      if (!source.skip(lengthBytes)) {
        problems.count('file-cut-short');
        return;
      }
      continue;
    }
    const bytes = source.take(lengthBytes);
    if (!bytes) {
      problems.count('file-cut-short');
      return;
    }
    const ticks = view.getUint32(4, littleEndian);
    const timeMs = packetTimeMs(
      view.getUint32(0, littleEndian) * 1_000 + Math.floor((ticks * 1_000) / ticksPerSecond),
    );
    yield { timeMs, linkType, bytes };
  }
}
