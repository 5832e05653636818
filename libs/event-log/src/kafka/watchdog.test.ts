import { until } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { localKafkaRequirement } from '../testing/index.ts';
import { type KafkaBehindProxy, startKafkaBehindProxy } from '../testing/kafka-behind-proxy.ts';
import { kafkaRequests } from '../testing/request-proxy.ts';
import { createKafkaLog } from './kafka-log.ts';

const need = localKafkaRequirement();
let kafka: KafkaBehindProxy | undefined;

afterAll(() => kafka?.stop());

it('a consumer whose fetches are never answered, while the log grows, is replaced', async (ctx) => {
  if (!need.met) return ctx.skip(need.reason);
  kafka = await startKafkaBehindProxy();
  const { broker, proxy } = kafka;

  const log = await createKafkaLog({
    brokers: [broker],
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

  proxy.swallow(kafkaRequests.fetch);
  let appended = 1;
  await until(
    'what came during the stall',
    async () => {
      await append();
      appended += 1;
      return taken > 2;
    },
    { everyMs: 200 },
  );
  expect(errors).toContainEqual(expect.stringContaining('nothing came for 1000 ms although stall grew'));
  await until('everything once', () => taken === appended);
  await log.close();
});
