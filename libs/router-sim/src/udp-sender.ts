import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Sends datagrams to one place. Nobody learns whether they arrive. */
export interface UdpSender {
  send(datagram: Uint8Array): void;
  close(): Promise<void>;
}

/** @param host address that the datagrams come from */
export async function openUdpSender(
  host: string,
  target: { readonly host: string; readonly port: number },
): Promise<UdpSender> {
  const socket: Socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  // A collector that is not there answers with ICMP; a router does not care.
  socket.on('error', () => undefined);
  let closed = false;
  let underWay = 0;
  let sent = (): void => undefined;
  return {
    send(datagram) {
      if (closed) return;
      underWay += 1;
      socket.send(datagram, target.port, target.host, () => {
        underWay -= 1;
        if (underWay === 0) sent();
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      // A socket that closes forgets what it was given to send.
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          sent = resolve;
        });
      }
      socket.close();
      await once(socket, 'close');
    },
  };
}
