/** A packet as a capture holds it. */
export interface Packet {
  /** Unix milliseconds; 0 where the capture does not say (pcapng simple packets). */
  readonly timeMs: number;
  /** As registered at https://www.tcpdump.org/linktypes.html */
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

/** The largest snap length in use is 256 KiB; a length far above it is damage, and not worth the memory. */
export const MAX_PACKET_BYTES = 1_048_576;

/** The latest time of a JavaScript date; damaged captures claim any. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** A time that a date can hold; 0 stands for what is before 1970. */
export function packetTimeMs(timeMs: number): number {
  return Math.min(Math.max(timeMs, 0), MAX_TIME_MS);
}
