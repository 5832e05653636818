import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What of a socket says who it is; those of TLS have the same as the ones below them. */
interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export interface ConnectionLimits {
  /** The connection became something else, which is counted elsewhere. */
  release(socket: Duplex): void;
}

/** Closes connections beyond a number, in total and of one address, as soon as they are accepted. */
export function limitConnections(
  server: Server,
  most: { readonly total: number; readonly ofAddress: number },
  registry: Registry,
): ConnectionLimits {
  const open = new Map<string, string>();
  const ofAddress = new Map<string, number>();
  const registers = [registry];
  const refused = new Counter({
    name: 'fairlead_http_refused_total',
    help: 'Connections that were closed at once, by reason.',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'fairlead_http_connections',
    help: 'Open connections that are no WebSockets.',
    registers,
    collect() {
      this.set(open.size);
    },
  });

  const forget = (key: string): void => {
    const address = open.get(key);
    if (address === undefined) return;
    open.delete(key);
    const left = (ofAddress.get(address) ?? 1) - 1;
    if (left > 0) ofAddress.set(address, left);
    else ofAddress.delete(address);
  };

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = ofAddress.get(address) ?? 0;
    const reason =
      open.size >= most.total ? 'too-many' : count >= most.ofAddress ? 'too-many-of-address' : '';
    if (reason !== '') {
      refused.inc({ reason });
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    open.set(key, address);
    ofAddress.set(address, count + 1);
    socket.once('close', () => forget(key));
  });
  return { release: (socket) => forget(keyOf(socket as Peer)) };
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Peer): string => `${remoteAddress} ${remotePort}`;
