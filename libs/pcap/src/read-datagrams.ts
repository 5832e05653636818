import { createByteSource } from './byte-source.ts';
import type { CaptureProblems } from './capture-problems.ts';
import { classicFormat, readClassicPackets } from './classic-pcap.ts';
import type { Packet } from './packet.ts';
import { readPcapngPackets, SECTION_HEADER } from './pcapng.ts';
import { readUdp, type UdpDatagram } from './udp-datagram.ts';
import { viewOf } from './view-of.ts';

/** Whether a file that begins with these bytes is a pcap or pcapng capture; four are enough. */
export function isCapture(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  const magic = magicOf(start);
  return magic === SECTION_HEADER || classicFormat(magic) !== undefined;
}

/**
 * The UDP datagrams of a pcap or pcapng capture, in its order. Never throws, whatever the bytes; what gives no
 * datagram is counted in `problems`. No more of the capture is held than one chunk and one packet.
 */
export function* readDatagrams(
  chunks: Iterable<Uint8Array>,
  problems: CaptureProblems,
): Generator<UdpDatagram, void> {
  for (const packet of readPackets(chunks, problems)) {
    const datagram = readUdp(packet);
    if (typeof datagram === 'string') {
      problems.count(datagram);
      continue;
    }
    if (datagram.cutShort) problems.count('packet-cut-short');
    yield datagram;
  }
}

function* readPackets(chunks: Iterable<Uint8Array>, problems: CaptureProblems): Generator<Packet, void> {
  const source = createByteSource(chunks);
  const start = source.take(4);
  const magic = start && magicOf(start);
  const classic = magic === undefined ? undefined : classicFormat(magic);
  if (classic) yield* readClassicPackets(source, classic, problems);
  else if (magic === SECTION_HEADER) yield* readPcapngPackets(source, problems);
  else problems.count('not-a-capture');
}

const magicOf = (start: Uint8Array): number => viewOf(start).getUint32(0);
