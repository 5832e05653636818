import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { startLocalKafka } from './local-kafka/local-kafka.ts';
import { type RequestProxy, startRequestProxy } from './request-proxy.ts';

/** A broker that clients reach through a proxy only. */
export interface KafkaBehindProxy {
  /** As `brokers` of a client. */
  readonly broker: string;
  readonly proxy: RequestProxy;
  stop(): Promise<void>;
}

export async function startKafkaBehindProxy(): Promise<KafkaBehindProxy> {
  const port = await freeBrokerPort();
  const proxy = await startRequestProxy(port);
  const kafka = await startLocalKafka({ port, advertisedPort: proxy.port }).catch((error: unknown) => {
    proxy.close();
    throw error;
  });
  return {
    broker: `127.0.0.1:${proxy.port}`,
    proxy,
    async stop() {
      await kafka.stop();
      proxy.close();
    },
  };
}

/** A port of loopback that nobody has at this moment: a broker must know the proxy's before it starts, and the proxy its. */
async function freeBrokerPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
