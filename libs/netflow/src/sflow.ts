/** Version, kind of the agent's address, IPv4 address. */
const SHORTEST_HEADER_BYTES = 12;
const VERSIONS: ReadonlySet<number> = new Set([2, 4, 5]);
const ADDRESS_KINDS: ReadonlySet<number> = new Set([1, 2]);

/**
 * Whether a datagram is sFlow, which comes to the wrong port easily: `version(4) addressKind(4) address`, where NetFlow
 * has its version in two bytes.
 * Source: sFlow version 5, section 5.
 */
export function isSflow(datagram: Uint8Array): boolean {
  if (datagram.length < SHORTEST_HEADER_BYTES) return false;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  return VERSIONS.has(view.getUint32(0)) && ADDRESS_KINDS.has(view.getUint32(4));
}
