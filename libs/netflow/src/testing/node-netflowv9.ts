import { createRequire } from 'node:module';
import NetFlowV9 from 'node-netflowv9';

/** A record as node-netflowv9 0.2.16 gives it: its names, and in v9 `fsId`, the template id. */
export type PeerRecord = Readonly<Record<string, string | number | boolean>>;

/** What node-netflowv9 makes of a datagram; `loops` when it would never come back. */
export type PeerOutcome =
  | { readonly kind: 'records'; readonly records: readonly PeerRecord[] }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'loops' }
  | { readonly kind: 'throws'; readonly error: string };

/** What it takes off is at least one byte, unless it takes nothing: so many steps are more than any end needs. */
const maxSteps = (datagram: Uint8Array): number => 3 * datagram.length + 100;

class EndlessLoop extends Error {}

/** node-netflowv9 goes on by `slice`; counted here, so that a loop without an end has one. */
function guarded(bytes: Buffer, steps: { left: number }): Buffer {
  const value = (start: number, end?: number): Buffer => {
    steps.left -= 1;
    if (steps.left < 0) throw new EndlessLoop();
    return guarded(bytes.subarray(start, end), steps);
  };
  Object.defineProperty(bytes, 'slice', { value });
  return bytes;
}

/** One instance of node-netflowv9, with its memory of templates; it hears nothing from the network. */
export function createPeer(): { decode(datagram: Uint8Array, address?: string): PeerOutcome; close(): void } {
  const peer = new NetFlowV9({ cb: () => undefined });
  return {
    decode(datagram, address = '192.0.2.1') {
      try {
        const bytes = guarded(Buffer.from(datagram), { left: maxSteps(datagram) });
        const decoded = peer.nfPktDecode(bytes, { address, port: 2_055 });
        return decoded
          ? { kind: 'records', records: decoded.flows as unknown as PeerRecord[] }
          : { kind: 'unsupported' };
      } catch (error) {
        if (error instanceof EndlessLoop) return { kind: 'loops' };
        return { kind: 'throws', error: error instanceof Error ? error.name : String(error) };
      }
    },
    close: () => peer.server.close(),
  };
}

type Names = Readonly<Record<number, { readonly name: string } | undefined>>;

/** Its tables: element numbers and v9 scopes with the names it has for them. */
export const peerNames = createRequire(import.meta.url)('node-netflowv9/js/nf9/nftypes') as {
  readonly nfTypes: Names;
  readonly nfScope: Names;
};
