import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { type LocalKafka, localKafkaRequirement, startLocalKafka } from '../testing/index.ts';
import { createKafkaLog } from './kafka-log.ts';

const need = localKafkaRequirement();
const FETCH = 1;
let kafka: LocalKafka | undefined;
let server: Server | undefined;

afterAll(async () => {
  await kafka?.stop();
  server?.close();
});

it(
  'a consumer whose fetches are never answered, while the log grows, is replaced',
  { timeout: 90_000 },
  async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const brokerPort = await freePort();
    const proxy = createFetchSwallower(brokerPort);
    server = proxy.server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    kafka = await startLocalKafka({ port: brokerPort, advertisedPort: port });

    const log = await createKafkaLog({
      brokers: [`127.0.0.1:${port}`],
      clientId: 'watchdog',
      stallMs: 1_000,
    });
    const topic = 'stall';
    await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 20 }]);
    let taken = 0;
    const errors: string[] = [];
    await log.subscribe({
      topics: [topic],
      group: 'watchdog',
      startAt: 'earliest',
      onBatch: async ({ records }) => void (taken += records.length),
      onError: (error) => errors.push(String(error)),
    });
    const append = () => log.append([{ topic, key: 'a', value: Buffer.from('a') }]);
    await append();
    await until('the first record', () => taken === 1);

    proxy.swallowFetches();
    let appended = 1;
    await until(
      'what came during the stall',
      async () => {
        await append();
        appended += 1;
        return taken > 2;
      },
      // kafkajs by itself notices after 30 s.
      { timeoutMs: 25_000, everyMs: 200 },
    );
    expect(errors).toContainEqual(expect.stringContaining('nothing came for 1000 ms although stall grew'));
    await until('everything once', () => taken === appended);
    await log.close();
  },
);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

/** A proxy that drops the fetch requests of the connections there are, and nothing else. */
function createFetchSwallower(brokerPort: number): { readonly server: Server; swallowFetches(): void } {
  const connections = new Set<{ swallows: boolean }>();
  const server = createServer((client) => {
    const state = { swallows: false };
    connections.add(state);
    const broker = connect(brokerPort, '127.0.0.1');
    broker.pipe(client);
    forwardRequests(client, broker, (apiKey) => !(state.swallows && apiKey === FETCH));
    for (const socket of [client, broker]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        connections.delete(state);
        client.destroy();
        broker.destroy();
      });
    }
  });
  return {
    server,
    swallowFetches() {
      for (const state of connections) state.swallows = true;
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
