import { join } from './build-packet.ts';
import { words } from './build-pcap.ts';

export interface PcapngOptions {
  readonly linkType?: number;
  readonly littleEndian?: boolean;
  /** Ticks of the clock since 1970. */
  readonly ticks?: bigint;
  /** The option if_tsresol. */
  readonly resolution?: number;
  /** Which packets, instead of enhanced ones. */
  readonly blocks?: 'simple' | 'obsolete';
}

/** A pcapng capture with one section, one interface and these packets. */
export function buildPcapng(
  { linkType = 1, littleEndian = true, ticks = 0n, resolution, blocks }: PcapngOptions,
  ...packets: readonly Uint8Array[]
): Uint8Array {
  const u32 = (...values: readonly number[]): Uint8Array => words(littleEndian, values);
  const u16 = (first: number, second: number): Uint8Array =>
    u32(littleEndian ? second * 65_536 + first : first * 65_536 + second);
  const block = (type: number, ...body: readonly Uint8Array[]): Uint8Array => {
    const content = join(...body);
    const padded = join(content, new Uint8Array((4 - (content.length % 4)) % 4));
    return join(u32(type, padded.length + 12), padded, u32(padded.length + 12));
  };
  const options = resolution === undefined ? [] : [u16(9, 1), Uint8Array.of(resolution, 0, 0, 0), u16(0, 0)];
  const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
  return join(
    block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1, 0), u32(0xffff_ffff, 0xffff_ffff)),
    block(1, u16(linkType, 0), u32(0), ...options),
    ...packets.map((packet) => {
      if (blocks === 'simple') return block(3, u32(packet.length), packet);
      const times = u32(high, low, packet.length, packet.length);
      // A packet of interface 0, with five drops before it.
      return blocks === 'obsolete' ? block(2, u16(0, 5), times, packet) : block(6, u32(0), times, packet);
    }),
  );
}
