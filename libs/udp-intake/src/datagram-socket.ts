import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import type { AddressInfo } from 'node:net';

export interface DatagramSocketConfig {
  readonly host: string;
  readonly port: number;
  readonly receiveBufferBytes: number;
  /** Other processes may have the port too (SO_REUSEPORT). */
  readonly reusePort: boolean;
  /** An IPv6 socket leaves IPv4 to others. */
  readonly ipv6Only: boolean;
}

export type DatagramHandler = (payload: Uint8Array, from: RemoteInfo) => void;

export interface DatagramSocket {
  readonly address: { readonly address: string; readonly port: number };
  /** Receive buffer that the kernel granted, to be compared with what was asked for. */
  readonly grantedBytes: number;
  /**
   * Connects the socket to itself, so that the kernel gives it no other datagrams any more (connect(2)); those that it
   * has already still come to the handler. A socket that cannot be connected goes on as before.
   */
  refuseNew(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Binds a UDP socket and asks for its receive buffer.
 * @param section part of the configuration that names the port, for the error
 * @throws Error saying which port is taken or forbidden, and how to mend it
 */
export async function openDatagramSocket(
  config: DatagramSocketConfig,
  section: string,
  handlers: {
    readonly onDatagram: DatagramHandler;
    readonly onError: (error: Error) => void;
  },
): Promise<DatagramSocket> {
  const { host, reusePort, ipv6Only } = config;
  if (reusePort && !canReusePort(process.versions.node)) {
    throw new Error(
      `${section}.reusePort needs Node.js 22.12 or later, this is ${process.versions.node}; set it to false, or run a later Node.js`,
    );
  }
  const isV6 = host.includes(':');
  // The types of Node.js 20 do not know reusePort.
  const options: SocketOptions & { readonly reusePort: boolean } = {
    type: isV6 ? 'udp6' : 'udp4',
    ipv6Only: isV6 && ipv6Only,
    reusePort,
  };
  const socket = createSocket(options);
  try {
    await bind(socket, config);
  } catch (cause) {
    socket.close();
    throw explain(cause, config, section);
  }
  socket.on('error', handlers.onError);
  const grantedBytes = askForReceiveBuffer(socket, config.receiveBufferBytes);
  socket.on('message', handlers.onDatagram);
  const { address, port }: AddressInfo = socket.address();
  return {
    address: { address, port },
    grantedBytes,
    refuseNew: () => connectToItself(socket),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Whether a version of Node.js has `reusePort` in `dgram.createSocket`; one that has not would not say so. */
export function canReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

function bind(socket: Socket, { host, port }: DatagramSocketConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function connectToItself(socket: Socket): Promise<void> {
  const { address, port } = socket.address();
  const self = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  // Called with an error or without; either way there is nothing else to do.
  return new Promise((resolve) => socket.connect(port, self, () => resolve()));
}

function askForReceiveBuffer(socket: Socket, bytes: number): number {
  try {
    socket.setRecvBufferSize(bytes);
  } catch {
    // Some systems refuse a size above their limit instead of cutting it; then their default stays.
  }
  const reported = socket.getRecvBufferSize();
  // Linux doubles the number for its own bookkeeping (socket(7), SO_RCVBUF).
  return process.platform === 'linux' ? reported / 2 : reported;
}

function explain(cause: unknown, { host, port }: DatagramSocketConfig, section: string): Error {
  const place = `${section}: udp ${host}:${port}`;
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Error(`${place} is taken by another process; stop it or set ${section}.port`, { cause });
    case 'EACCES':
      return new Error(`${place} needs more rights; set ${section}.port to 1024 or above`, { cause });
    case 'EADDRNOTAVAIL':
      return new Error(`${place} is not an address of this machine; set ${section}.host`, { cause });
    case 'EAFNOSUPPORT':
      return new Error(`${place} is IPv6, which this machine does not have; set ${section}.host`, { cause });
    case 'ENOTFOUND':
      return new Error(`${place} is not an address; set ${section}.host`, { cause });
    default:
      return new Error(`${place} cannot be opened: ${String(cause)}`, { cause });
  }
}
