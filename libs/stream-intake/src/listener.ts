import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { TlsListenerConfig } from './config.ts';
import { type PeerCertificate, readPeerCertificate } from './peer-certificate.ts';
import type { ServerCertificate } from './server-certificate.ts';

export type Transport = 'tcp' | 'tls';

export interface ListenerHandlers {
  /** Whether a connection may go on; before TLS, so that a flood costs no handshakes. It is closed otherwise. */
  readonly admit: (raw: Socket, transport: Transport) => boolean;
  readonly onConnection: (socket: Socket, transport: Transport, certificate?: PeerCertificate) => void;
  /** A connection that came to nothing: `handshake` or `certificate`. */
  readonly onRefused: (transport: Transport, reason: 'handshake' | 'certificate') => void;
  /** Whether an unsigned certificate is known by its fingerprint. */
  readonly isPinned: (fingerprint256: string) => boolean;
}

export interface Listener {
  readonly transport: Transport;
  readonly address: { readonly address: string; readonly port: number };
  /** Shows it to every new connection; nothing without TLS. @throws Error when TLS cannot work with it */
  showCertificate(certificate: ServerCertificate): void;
  /** Takes no more connections; those that are open stay. */
  close(): void;
}

/** Most connections that the kernel keeps until they are taken. */
const BACKLOG = 1_024;
/** A TCP connection whose sender is gone is found by the kernel. */
const KEEP_ALIVE_MS = 60_000;

/** Where to listen. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly ipv6Only: boolean;
  /** Key of the configuration, for the error. */
  readonly section: string;
}

/** @throws Error saying which port is taken or forbidden, and how to mend it */
export async function openTcpListener(place: Place, handlers: ListenerHandlers): Promise<Listener> {
  const server = createTcpServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
    if (handlers.admit(socket, 'tcp')) handlers.onConnection(socket, 'tcp');
    else socket.destroy();
  });
  return listen(server, 'tcp', place, () => undefined);
}

/** Syslog over TLS (RFC 5425), TLS 1.2 and later. @throws as `openTcpListener` */
export async function openTlsListener(
  place: Place,
  certificate: ServerCertificate,
  config: Pick<TlsListenerConfig, 'clientCertificate'> & { readonly handshakeTimeoutMs: number },
  handlers: ListenerHandlers,
): Promise<Listener> {
  const tls = createTlsServer({
    ...contextOf(certificate),
    requestCert: config.clientCertificate !== 'none',
    // What is not signed may be pinned; it is judged when the handshake is over.
    rejectUnauthorized: false,
    handshakeTimeout: config.handshakeTimeoutMs,
  });
  const refuse = (socket: Socket, reason: 'handshake' | 'certificate'): void => {
    handlers.onRefused('tls', reason);
    socket.destroy();
  };
  tls.on('tlsClientError', (_error, socket) => refuse(socket, 'handshake'));
  tls.on('secureConnection', (socket: TLSSocket) => {
    const certificate = config.clientCertificate === 'none' ? undefined : readPeerCertificate(socket);
    const isGood = certificate
      ? certificate.isSigned || handlers.isPinned(certificate.fingerprint256)
      : config.clientCertificate !== 'required';
    if (isGood) handlers.onConnection(socket, 'tls', certificate);
    else refuse(socket, 'certificate');
  });
  // Refused before they are any business of TLS.
  const server = createTcpServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (raw) => {
    if (handlers.admit(raw, 'tls')) tls.emit('connection', raw);
    else raw.destroy();
  });
  return listen(server, 'tls', place, (next) => tls.setSecureContext(contextOf(next)));
}

const contextOf = ({ cert, key, ca }: ServerCertificate): SecureContextOptions => ({
  cert,
  key,
  // Without a CA nobody's signature counts: an empty list, not the system's.
  ca: ca ?? [],
  minVersion: 'TLSv1.2',
});

async function listen(
  server: Server,
  transport: Transport,
  place: Place,
  showCertificate: Listener['showCertificate'],
): Promise<Listener> {
  const { host, port, ipv6Only } = place;
  try {
    server.listen({
      host,
      port,
      ipv6Only: host.includes(':') && ipv6Only,
      exclusive: true,
      backlog: BACKLOG,
    });
    await once(server, 'listening');
  } catch (cause) {
    throw explain(cause, place);
  }
  // Such as too many open files: the connection is lost, the listener is not.
  server.on('error', () => undefined);
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    transport,
    address: { address, port: taken },
    showCertificate,
    close: () => void server.close(),
  };
}

function explain(cause: unknown, { host, port, section }: Place): Error {
  const place = `${section}: tcp ${host}:${port}`;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `is taken by another process; stop it or set ${section}.port`,
    EACCES: `needs more rights; set ${section}.port to 1024 or above`,
    EADDRNOTAVAIL: `is not an address of this machine; set ${section}.host`,
    EAFNOSUPPORT: `is IPv6, which this machine does not have; set ${section}.host`,
    ENOTFOUND: `is not an address; set ${section}.host`,
  };
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new Error(`${place} ${why[code] ?? `cannot be opened: ${String(cause)}`}`, { cause });
}
