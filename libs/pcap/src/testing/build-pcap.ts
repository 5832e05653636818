import { join } from './build-packet.ts';

export interface PcapOptions {
  readonly linkType?: number;
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly seconds?: number;
  /** Microseconds, or nanoseconds. */
  readonly ticks?: number;
}

/** A classic capture of these packets, all of one time. */
export function buildPcap(
  { linkType = 1, littleEndian = true, nanoseconds = false, seconds = 1_700_000_000, ticks = 0 }: PcapOptions,
  ...packets: readonly Uint8Array[]
): Uint8Array {
  const u32 = (...values: readonly number[]): Uint8Array => words(littleEndian, values);
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const version = littleEndian ? 0x0004_0002 : 0x0002_0004;
  return join(
    u32(magic, version, 0, 0, 262_144, linkType),
    ...packets.flatMap((packet) => [u32(seconds, ticks, packet.length, packet.length), packet]),
  );
}

/** Numbers of four bytes. */
export function words(littleEndian: boolean, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, littleEndian);
  return new Uint8Array(view.buffer);
}
