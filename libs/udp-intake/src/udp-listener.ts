import { pause, type RateLimitedLog, type Telemetry } from '@fairlead/runtime';
import type { UdpIntakeConfig } from './config.ts';
import { type DatagramHandler, type DatagramSocket, openDatagramSocket } from './datagram-socket.ts';
import type { UdpMetrics } from './udp-metrics.ts';
import { findOwnInode, readUdpSocket } from './udp-table.ts';

/** The sockets of one intake, and what the kernel says of them. */
export interface UdpListener {
  /** @throws Error saying which port is taken or forbidden, and how to mend it */
  open(): Promise<void>;
  /** Where it listens; empty before `open` and after `close`. */
  readonly addresses: readonly DatagramSocket['address'][];
  /**
   * Lets nothing new in, takes what the sockets still hold for at most `drainMs`, says what is left, and closes. Safe twice.
   */
  close(drainMs: number): Promise<void>;
}

export interface UdpListenerDeps {
  readonly service: string;
  /** Part of the configuration that names the port. */
  readonly section: string;
  readonly onDatagram: DatagramHandler;
  readonly logger: Telemetry['log'];
  readonly warnings: RateLimitedLog;
  readonly metrics: UdpMetrics;
}

interface OpenSocket extends DatagramSocket {
  /** Of the socket in the kernel's table; undefined where there is none. */
  readonly inode: string | undefined;
  drops: number;
}

const WATCH_INTERVAL_MS = 5_000;
/** Between two looks at whether a socket is empty; each reads the table of all UDP sockets. */
const DRAIN_LOOK_MS = 5;

export function createUdpListener(
  config: UdpIntakeConfig,
  { service, section, onDatagram, logger, warnings, metrics }: UdpListenerDeps,
): UdpListener {
  let sockets: readonly OpenSocket[] = [];
  let watching: NodeJS.Timeout | undefined;
  let looking: Promise<unknown> | undefined;

  async function openAll(): Promise<readonly OpenSocket[]> {
    const hosts = [config.host].flat();
    const opened: OpenSocket[] = [];
    try {
      for (const host of hosts) {
        const socket = await openDatagramSocket(
          {
            host,
            port: opened[0]?.address.port ?? config.port,
            receiveBufferBytes: config.receiveBufferBytes,
            reusePort: config.reusePort,
            // Otherwise :: would take the port of 0.0.0.0 beside it.
            ipv6Only: hosts.some((other) => !other.includes(':')),
          },
          section,
          { onDatagram, onError: (error) => logger.error({ err: error }, 'socket error') },
        );
        const inode = await findOwnInode(socket.address.address, socket.address.port);
        opened.push({ ...socket, inode, drops: 0 });
      }
      return opened;
    } catch (error) {
      await Promise.all(opened.map((socket) => socket.close()));
      throw error;
    }
  }

  function tellReceiveBuffer({ address, grantedBytes }: DatagramSocket): void {
    metrics.receiveBuffer.set({ service, address: label(address) }, grantedBytes);
    if (grantedBytes < config.receiveBufferBytes) {
      logger.warn(
        { askedBytes: config.receiveBufferBytes, grantedBytes },
        `receive buffer cut by the kernel; raise it with: sysctl -w net.core.rmem_max=${config.receiveBufferBytes}`,
      );
    }
    logger.info({ ...address, receiveBufferBytes: grantedBytes }, 'listening');
  }

  /** Tells what the kernel knows of a socket; returns what waits in it, undefined where that is not known. */
  async function watch(socket: OpenSocket): Promise<number | undefined> {
    const { inode, address } = socket;
    const row = inode === undefined ? undefined : await readUdpSocket(inode, address.address.includes(':'));
    if (!row) return undefined;
    const labels = { service, address: label(address) };
    metrics.kernelDrops.set(labels, row.drops);
    metrics.queuedBytes.set(labels, row.queuedBytes);
    const more = row.drops - socket.drops;
    socket.drops = row.drops;
    if (more > 0) warnings.warn('kernel', { ...address, datagrams: more }, 'datagrams dropped by the kernel');
    return row.queuedBytes;
  }

  /** One look after the other: on a machine that stands still they would heap up, each with a file open. */
  function look(): void {
    looking ??= Promise.all(sockets.map(watch)).finally(() => (looking = undefined));
  }

  async function drain(socket: OpenSocket, late: AbortSignal): Promise<void> {
    await socket.refuseNew();
    let queuedBytes = await watch(socket);
    while (queuedBytes !== undefined && queuedBytes > 0 && !late.aborted) {
      await pause(DRAIN_LOOK_MS, late);
      queuedBytes = await watch(socket);
    }
    if (queuedBytes !== undefined && queuedBytes > 0) {
      logger.warn(
        { ...socket.address, queuedBytes },
        'stopped before the receive buffer was empty; how many datagrams were in it is not known',
      );
    }
  }

  return {
    async open() {
      sockets = await openAll();
      sockets.forEach(tellReceiveBuffer);
      await Promise.all(sockets.map(watch));
      watching = setInterval(look, WATCH_INTERVAL_MS);
    },
    get addresses() {
      return sockets.map(({ address }) => address);
    },
    async close(drainMs) {
      clearInterval(watching);
      const closing = sockets;
      sockets = [];
      const late = AbortSignal.timeout(drainMs);
      await Promise.all(closing.map((socket) => drain(socket, late)));
      await Promise.all(closing.map((socket) => socket.close()));
    },
  };
}

const label = ({ address, port }: DatagramSocket['address']): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
