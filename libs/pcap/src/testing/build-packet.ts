/** Parts of packets that a test puts together: `ethernet(0x0800, ipv4({}, udp({}, payload)))`. */

export interface UdpPorts {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** What the header says; by default what is true. */
  readonly lengthBytes?: number;
}

export function udp(
  { sourcePort = 40_000, destinationPort = 2_055, lengthBytes }: UdpPorts,
  payload: Uint8Array,
): Uint8Array {
  return join(be16(sourcePort, destinationPort, lengthBytes ?? payload.length + 8, 0), payload);
}

export interface Ipv4Options {
  /** Four bytes. */
  readonly source?: readonly number[];
  readonly protocol?: number;
  /** A multiple of four bytes. */
  readonly options?: Uint8Array;
  /** Flags and fragment offset. */
  readonly fragment?: number;
  readonly totalBytes?: number;
}

export function ipv4(
  {
    source = [192, 0, 2, 1],
    protocol = 17,
    options = new Uint8Array(),
    fragment = 0x4000,
    totalBytes,
  }: Ipv4Options,
  content: Uint8Array,
): Uint8Array {
  const headerBytes = 20 + options.length;
  return join(
    [0x40 | (headerBytes / 4), 0],
    be16(totalBytes ?? headerBytes + content.length, 0, fragment),
    [64, protocol, 0, 0],
    source,
    [192, 0, 2, 254],
    options,
    content,
  );
}

export interface Ipv6Options {
  /** Sixteen bytes. */
  readonly source?: Uint8Array;
  /** The first header behind this one. */
  readonly nextHeader?: number;
}

/** The content begins with the extension headers, if there are any. */
export function ipv6(
  {
    source = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    nextHeader = 17,
  }: Ipv6Options,
  content: Uint8Array,
): Uint8Array {
  return join([0x60, 0, 0, 0], be16(content.length), [nextHeader, 64], source, new Uint8Array(16), content);
}

export function ethernet(etherType: number, content: Uint8Array): Uint8Array {
  return join(new Uint8Array(12), be16(etherType), content);
}

/** The tag of a VLAN as the content of a frame of type 0x8100 or 0x88a8. */
export function vlanTag(vlan: number, etherType: number, content: Uint8Array): Uint8Array {
  return join(be16(vlan, etherType), content);
}

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function be16(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >>> 8, value & 0xff]);
}
