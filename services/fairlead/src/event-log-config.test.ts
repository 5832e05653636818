import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { eventLogSchema, kafkaOptions } from './event-log-config.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function optionsOf(more: object): ReturnType<typeof kafkaOptions> {
  const config = eventLogSchema.parse({ kind: 'kafka', brokers: ['kafka-1:9093'], ...more });
  if (config.kind !== 'kafka') throw new Error('not Kafka');
  return kafkaOptions(config);
}

it('is plain TCP and lz4 unless told otherwise', () => {
  expect(optionsOf({})).toEqual({
    brokers: ['kafka-1:9093'],
    clientId: 'fairlead',
    lingerMs: 20,
    batchBytes: 262_144,
    compression: 'lz4',
    stallMs: 60_000,
  });
});

it('reads the files of TLS, and reveals the password to the adapter only', () => {
  const ca = join(folder.path, 'ca.pem');
  writeFileSync(ca, 'an authority');
  const sasl = { mechanism: 'scram-sha-512', username: 'fairlead', password: 'hidden' };
  const config = eventLogSchema.parse({ kind: 'kafka', brokers: ['a:1'], sasl });
  expect(JSON.stringify(config)).not.toContain('hidden');
  expect(optionsOf({ tls: { ca, serverName: 'kafka' }, sasl })).toMatchObject({
    tls: { ca: Buffer.from('an authority'), servername: 'kafka' },
    sasl,
  });
  expect(optionsOf({ tls: true })).toMatchObject({ tls: true });
  expect(() => optionsOf({ tls: { ca: join(folder.path, 'absent.pem') } })).toThrow('absent.pem');
});
