import { until } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { localKafkaRequirement } from '../testing/index.ts';
import { type KafkaBehindProxy, startKafkaBehindProxy } from '../testing/kafka-behind-proxy.ts';
import { kafkaRequests } from '../testing/request-proxy.ts';
import { createKafkaLog } from './kafka-log.ts';

const need = localKafkaRequirement();
const TOPIC = 'given-up';
const GROUP = 'given-up';
const PARTITIONS = 2;
/** More than a member that comes back needs to take a partition away. */
const ROUNDS = 80;
let kafka: KafkaBehindProxy | undefined;

afterAll(() => kafka?.stop());

it(
  'a subscription that was given up leaves no member behind that takes partitions and reads nothing',
  { timeout: 360_000 },
  async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    kafka = await startKafkaBehindProxy();
    const { broker, proxy } = kafka;
    const open = (clientId: string, deadlineMs: number) =>
      createKafkaLog({ brokers: [broker], clientId, deadlineMs });
    const log = await open('stays', 30_000);
    await log.ensureTopics([
      { name: TOPIC, partitions: PARTITIONS, retentionMs: 3_600_000, retentionBytes: 2 ** 20 },
    ]);

    proxy.cutOn(kafkaRequests.joinGroup);
    const impatient = await open('gives-up', 2_000);
    const errors: unknown[] = [];
    const subscribed = impatient.subscribe({
      topics: [TOPIC],
      group: GROUP,
      startAt: 'earliest',
      onBatch: async () => undefined,
      onError: (error) => errors.push(error),
    });
    await expect(subscribed).rejects.toThrow(`subscribe to ${TOPIC}: no answer within 2000 ms`);
    await until('kafkajs has given up, too', () => errors.length > 0);
    proxy.passAll();

    const taken = new Set<string>();
    const subscription = await log.subscribe({
      topics: [TOPIC],
      group: GROUP,
      startAt: 'earliest',
      onBatch: async ({ records }) =>
        records.forEach(({ value }) => taken.add(Buffer.from(value).toString())),
    });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let round = 0; round < ROUNDS; round += 1) {
      const positions = await log.append(
        keys.map((key) => ({ topic: TOPIC, key, value: Buffer.from(`${round} ${key}`) })),
      );
      expect(new Set(positions.map(({ partition }) => partition)).size).toBe(PARTITIONS);
      await until(`round ${round}`, () => keys.every((key) => taken.has(`${round} ${key}`)), {
        everyMs: 5,
      });
    }
    await subscription.stop();
    await impatient.close();
    await log.close();
  },
);
