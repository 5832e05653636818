import { afterAll } from 'vitest';
import { describeEventLog, kafkaRequirement, type LocalKafka, startLocalKafka } from '../testing/index.ts';
import { createKafkaLog } from './kafka-log.ts';

let local: LocalKafka | undefined;
afterAll(() => local?.stop());

describeEventLog('the Kafka log', async () => {
  const need = kafkaRequirement();
  if (!need.met) return need;
  const configured = process.env['KAFKA_BROKERS'];
  if (configured === undefined) {
    try {
      local = await startLocalKafka();
    } catch (error) {
      return { met: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }
  const brokers = configured?.split(',') ?? local?.brokers ?? [];
  return { met: true, open: () => createKafkaLog({ brokers, clientId: 'conformance' }) };
});
