import type { Socket } from 'node:net';
import type { StreamLimits } from './config.ts';
import type { Transport } from './listener.ts';
import { type Peer, peerOf } from './peer.ts';

export type AdmissionRefusal = 'not-allowed' | 'too-many' | 'too-many-of-address';

export interface AdmissionOptions {
  readonly limits: Pick<StreamLimits, 'maxConnections' | 'maxConnectionsPerAddress'>;
  readonly isAllowed: (peer: Peer, isFinal: boolean) => boolean;
  readonly onRefused: (transport: Transport, reason: AdmissionRefusal, peer: Peer) => void;
  readonly onOpened: (transport: Transport) => void;
  readonly onClosed: (transport: Transport) => void;
}

/** Says whether a connection may go on, and counts those that are open until they close. */
export function createAdmission(
  options: AdmissionOptions,
): (socket: Socket, transport: Transport) => boolean {
  const { limits } = options;
  /** Open sockets by address, those within a handshake too. */
  const socketsOf = new Map<string, number>();
  let sockets = 0;

  function refusalOf(peer: Peer, transport: Transport): AdmissionRefusal | undefined {
    if (!options.isAllowed(peer, transport === 'tcp')) return 'not-allowed';
    if (sockets >= limits.maxConnections) return 'too-many';
    const open = socketsOf.get(peer.address) ?? 0;
    return open >= limits.maxConnectionsPerAddress ? 'too-many-of-address' : undefined;
  }

  return (socket, transport) => {
    const peer = peerOf(socket);
    // It has gone before it was looked at.
    if (!peer) return false;
    const refusal = refusalOf(peer, transport);
    if (refusal !== undefined) {
      options.onRefused(transport, refusal, peer);
      return false;
    }
    sockets += 1;
    socketsOf.set(peer.address, (socketsOf.get(peer.address) ?? 0) + 1);
    options.onOpened(transport);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets -= 1;
      options.onClosed(transport);
      const left = (socketsOf.get(peer.address) ?? 1) - 1;
      if (left > 0) socketsOf.set(peer.address, left);
      else socketsOf.delete(peer.address);
    });
    return true;
  };
}
