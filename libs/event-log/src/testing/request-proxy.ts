import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** API keys of requests (Kafka protocol guide). */
export const kafkaRequests = { fetch: 1, joinGroup: 11 } as const;

/** Stands between clients and a broker, and treats requests of some kinds badly. */
export interface RequestProxy {
  readonly port: number;
  /** Lets these requests disappear on the connections that there are now. */
  swallow(apiKey: number): void;
  /** Cuts every connection on which such a request comes, until it is undone. */
  cutOn(apiKey: number): void;
  passAll(): void;
  close(): void;
}

export async function startRequestProxy(brokerPort: number): Promise<RequestProxy> {
  const connections = new Map<Socket, Set<number>>();
  const cutting = new Set<number>();
  const server = createServer((client) => {
    const swallowed = new Set<number>();
    connections.set(client, swallowed);
    const broker = connect(brokerPort, '127.0.0.1');
    broker.pipe(client);
    forwardRequests(client, broker, (apiKey) => {
      if (cutting.has(apiKey)) client.destroy();
      return !swallowed.has(apiKey) && !cutting.has(apiKey);
    });
    for (const socket of [client, broker]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        connections.delete(client);
        client.destroy();
        broker.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow(apiKey) {
      for (const swallowed of connections.values()) swallowed.add(apiKey);
    },
    cutOn: (apiKey) => void cutting.add(apiKey),
    passAll: () => cutting.clear(),
    close() {
      server.close();
      for (const client of connections.keys()) client.destroy();
    },
  };
}

/** Requests are a length of four bytes, an API key of two, and the rest (Kafka protocol guide). */
function forwardRequests(from: Socket, to: Socket, mayPass: (apiKey: number) => boolean): void {
  let waiting = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 6 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const request = waiting.subarray(0, 4 + waiting.readUInt32BE(0));
      if (mayPass(request.readInt16BE(4))) to.write(request);
      waiting = waiting.subarray(request.length);
    }
  });
}
