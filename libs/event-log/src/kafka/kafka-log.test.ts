import { randomUUID } from 'node:crypto';
import type { Requirement } from '@fairlead/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log-writer.ts';
import type { EventLog } from '../port.ts';
import { describeEventLog, kafkaRequirement, type LocalKafka, startLocalKafka } from '../testing/index.ts';
import { compressionType } from './compression.ts';
import { createKafkaClient } from './kafka-client.ts';
import { createKafkaLog } from './kafka-log.ts';
import { createTransactions, type Transactions } from './transactions.ts';

type Brokers = Requirement & { readonly brokers?: readonly string[] };

let local: LocalKafka | undefined;
let found: Promise<Brokers> | undefined;
afterAll(() => local?.stop());

/** The brokers that KAFKA_BROKERS names, or one that is started for this file. */
function findBrokers(): Promise<Brokers> {
  found ??= (async () => {
    const configured = process.env['KAFKA_BROKERS'];
    if (configured !== undefined) return { met: true, brokers: configured.split(',') };
    const need = kafkaRequirement();
    if (!need.met) return need;
    try {
      local = await startLocalKafka();
      return { met: true, brokers: local.brokers };
    } catch (error) {
      return { met: false, reason: error instanceof Error ? error.message : String(error) };
    }
  })();
  return found;
}

describeEventLog('the Kafka log', async () => {
  const { brokers = [], ...need } = await findBrokers();
  return { ...need, open: () => createKafkaLog({ brokers, clientId: 'conformance' }) };
});

it('names the brokers that do not answer', async () => {
  const opened = createKafkaLog({ brokers: ['127.0.0.1:1'], clientId: 'nobody', deadlineMs: 300 });
  await expect(opened).rejects.toThrow('cannot connect to Kafka at 127.0.0.1:1: ');
});

describe('the transactions of a Kafka group', () => {
  let need: Brokers;
  let log: EventLog;
  let topic: string;
  const group = `transactions.${randomUUID()}`;
  const client = () =>
    createKafkaClient({ brokers: need.brokers ?? [], clientId: 'transactions' }, silentLog);
  const owners: Transactions[] = [];
  /** Transactions as another process begins them. */
  const newOwner = (): Transactions => {
    const owner = createTransactions({
      kafka: client(),
      group,
      committed: async (of, partition) => (await log.committed(group, of)).get(partition),
      deadlineMs: 20_000,
      compression: compressionType('lz4'),
      logger: silentLog,
    });
    owners.push(owner);
    return owner;
  };
  const batch = () => ({
    topic: `${topic}.in`,
    partition: 0,
    firstOffset: 0,
    nextOffset: 5,
    outputs: [{ topic: `${topic}.out`, partition: 0, key: 'a', value: Buffer.from('ours') }],
  });
  const outputs = async (): Promise<string[]> =>
    (await log.read(`${topic}.out`, 0, 0, 10)).map(({ value }) => Buffer.from(value).toString());

  beforeAll(async () => {
    need = await findBrokers();
  });
  beforeEach(async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    log = await createKafkaLog({ brokers: need.brokers ?? [], clientId: 'transactions' });
    topic = `transactions.${randomUUID()}`;
    const spec = { partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
    await log.ensureTopics([
      { name: `${topic}.in`, ...spec },
      { name: `${topic}.out`, ...spec },
    ]);
    return async () => {
      await Promise.all(owners.splice(0).map((owner) => owner.reset()));
      await log.close();
    };
  });

  it('end what a killed owner left open, and refuse it from then on', async () => {
    const killed = client().producer({
      transactionalId: `fairlead.${group}.${topic}.in.0`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await killed.connect();
    const open = await killed.transaction();
    await open.send({ topic: `${topic}.out`, messages: [{ partition: 0, value: 'theirs' }] });

    expect(await newOwner().finish(batch())).toBe(5);
    await expect(open.commit()).rejects.toThrow();
    await killed.disconnect();
    expect(await outputs()).toEqual(['ours']);
  });

  it('drop the outputs of a batch that the owner before had committed', async () => {
    expect(await newOwner().finish(batch())).toBe(5);
    expect(await newOwner().finish(batch())).toBe(5);
    expect(await outputs()).toEqual(['ours']);
  });
});
