import type { Flow } from '@fairlead/model';

/**
 * Leaves out of a flow what a translation kept. RouterOS tells of each flow its addresses and ports before and after
 * translation, and most are the same: a client's masquerading changes one address of the four, and mostly no port.
 * The value after the translation is the one before it where there is none (docs/adr/0011-flows-table-codecs.md).
 */
export function leaveOutUntranslated(flow: Flow): void {
  if (isSame(flow.postNatSrcAddress, flow.srcAddress)) flow.postNatSrcAddress = undefined;
  if (isSame(flow.postNatDstAddress, flow.dstAddress)) flow.postNatDstAddress = undefined;
  if (flow.postNatSrcPort === flow.srcPort) flow.postNatSrcPort = undefined;
  if (flow.postNatDstPort === flow.dstPort) flow.postNatDstPort = undefined;
}

/** Most addresses that differ do so in the last bytes. */
function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (a?.length !== b.length) return false;
  for (let i = b.length - 1; i >= 0; i -= 1) if (a[i] !== b[i]) return false;
  return true;
}
