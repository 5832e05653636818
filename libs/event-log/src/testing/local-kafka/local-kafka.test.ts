import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createKafkaLog } from '../../index.ts';
import { kafkaJars } from './kafka-jars.ts';
import { localKafkaRequirement } from './kafka-requirement.ts';
import { startLocalKafka } from './local-kafka.ts';

const folder = temporaryFolder();
afterEach(() => folder.remove());

describe('startLocalKafka', () => {
  it('says so when the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(startLocalKafka({ port })).rejects.toThrow(`127.0.0.1:${port} is taken`);
    server.close();
  });

  it('finds in its data directory what an earlier run kept there', async (ctx) => {
    const need = localKafkaRequirement();
    if (!need.met) return ctx.skip(need.reason);
    const absent = await kafkaJars().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (absent !== undefined) return ctx.skip(absent);
    for (const expected of [0, 1]) {
      const kafka = await startLocalKafka({ dataDirectory: folder.path });
      const log = await createKafkaLog({ brokers: kafka.brokers, clientId: 'local-kafka' });
      await log.ensureTopics([
        { name: 'kept', partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 20 },
      ]);
      expect(await log.partitions('kept')).toMatchObject([{ nextOffset: expected }]);
      await log.append([{ topic: 'kept', key: 'a', value: new Uint8Array(1) }]);
      await log.close();
      await kafka.stop();
    }
  });
});
