import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

export interface DatagramSocketConfig {
  readonly host: string;
  readonly port: number;
  readonly receiveBufferBytes: number;
}

export interface DatagramSocket {
  readonly address: { readonly address: string; readonly port: number };
  /** Receive buffer that the kernel granted, to be compared with what was asked for. */
  readonly grantedBytes: number;
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
    readonly onDatagram: (payload: Uint8Array, from: RemoteInfo) => void;
    readonly onError: (error: Error) => void;
  },
): Promise<DatagramSocket> {
  const socket = createSocket(config.host.includes(':') ? 'udp6' : 'udp4');
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
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
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
    default:
      return new Error(`${place} cannot be opened: ${String(cause)}`, { cause });
  }
}
