import { addressFromBytes, addressToBytes } from '@fairlead/model';
import type { Socket } from 'node:net';
import type { PeerCertificate } from './peer-certificate.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  /** Text of its address; IPv4 as dotted quad also where the socket says ::ffff:a.b.c.d. */
  readonly address: string;
  /** 16 bytes. */
  readonly addressBytes: Uint8Array;
  readonly certificate?: PeerCertificate | undefined;
}

/** Undefined when the connection is closed already. */
export function peerOf({ remoteAddress }: Socket): Peer | undefined {
  if (remoteAddress === undefined) return undefined;
  const addressBytes = addressToBytes(remoteAddress);
  return { address: addressFromBytes(addressBytes), addressBytes };
}
