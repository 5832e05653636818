import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalKafka, localKafkaRequirement, startLocalKafka } from '../testing/index.ts';
import type { KafkaCompression } from './compression.ts';
import type { KafkaSasl } from './kafka-client.ts';
import { createKafkaLog, type KafkaLogOptions } from './kafka-log.ts';

const tools = requirement('openssl');
const need = tools.met ? localKafkaRequirement() : tools;
const folder = temporaryFolder();
const user = { username: 'fairlead', password: 'not-a-secret' };
let kafka: LocalKafka | undefined;
let ca = '';

beforeAll(async () => {
  if (!need.met) return;
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=broker',
      '-keyout',
      key,
    ].concat(['-addext', 'subjectAltName=IP:127.0.0.1', '-out', cert]),
    { stdio: 'ignore' },
  );
  ca = readFileSync(cert, 'utf8');
  const keystoreFile = join(folder.path, 'broker.pem');
  writeFileSync(keystoreFile, readFileSync(key, 'utf8') + ca);
  kafka = await startLocalKafka({ secure: { keystoreFile, ...user } });
});
beforeEach((ctx) => {
  if (!need.met) ctx.skip(need.reason);
});
afterAll(async () => {
  await kafka?.stop();
  folder.remove();
});

/** Appends a value and reads it back. */
async function roundTrip(options: Partial<KafkaLogOptions>): Promise<string[]> {
  const log = await createKafkaLog({ brokers: kafka?.brokers ?? [], clientId: 'security', ...options });
  try {
    const topic = `security.${randomUUID()}`;
    await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 20 }]);
    await log.append([{ topic, key: 'gw1', value: Buffer.from('kept') }]);
    return (await log.read(topic, 0, 0, 10)).map(({ value }) => Buffer.from(value).toString());
  } finally {
    await log.close();
  }
}

const secure = (mechanism: KafkaSasl['mechanism'], password = user.password): Partial<KafkaLogOptions> => ({
  brokers: kafka?.secureBrokers ?? [],
  tls: { ca },
  sasl: { mechanism, username: user.username, password },
  deadlineMs: 15_000,
});

describe('a broker with TLS and SASL', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('takes %s', async (mechanism) => {
    expect(await roundTrip(secure(mechanism))).toEqual(['kept']);
  });

  it.each(['plain', 'scram-sha-512'] as const)('refuses a wrong password by %s', async (mechanism) => {
    await expect(roundTrip(secure(mechanism, 'wrong'))).rejects.toThrow(/authentication/i);
  });

  it('is refused when nobody vouches for its certificate', async () => {
    await expect(roundTrip({ ...secure('plain'), tls: true })).rejects.toThrow(/certificate/i);
  });
});

it.each(['none', 'gzip', 'lz4'] satisfies KafkaCompression[])(
  'a broker takes what is compressed by %s, and gives it back',
  async (compression) => {
    expect(await roundTrip({ compression })).toEqual(['kept']);
  },
);
