import { readFileSync } from 'node:fs';
import type { KafkaLogOptions } from '@fairlead/event-log';
import { spoolConfigSchema } from '@fairlead/log-spool';
import { Secret } from '@fairlead/model';
import { z } from 'zod';

const secret = z.string().transform((value) => new Secret(value));
const pemFile = z.string().min(1);

const tlsSchema = z.strictObject({
  ca: pemFile
    .optional()
    .describe('PEM file with the authorities of the brokers; those of the system unless given.'),
  cert: pemFile
    .optional()
    .describe('PEM file with the certificate of this client, where brokers ask for one.'),
  key: pemFile.optional().describe('PEM file with the key of that certificate.'),
  serverName: z
    .string()
    .min(1)
    .optional()
    .describe("Name that the brokers' certificates have to carry, where it is not that of their address."),
});

const kafkaSchema = z.strictObject({
  kind: z.literal('kafka'),
  brokers: z.array(z.string()).min(1).describe('host:port of some brokers of the cluster.'),
  clientId: z.string().min(1).default('fairlead').describe('Name in the logs and quotas of the brokers.'),
  lingerMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('How long an append waits for others to share its request.'),
  batchBytes: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(262_144)
    .describe('Bytes of appends that are sent without waiting.'),
  compression: z
    .enum(['none', 'gzip', 'lz4'])
    .default('lz4')
    .describe('How records are compressed on their way and in the broker.'),
  stallMs: z
    .int()
    .min(1_000)
    .default(60_000)
    .describe('A consumer that takes nothing for so long although records come is replaced.'),
  tls: z
    .union([z.boolean(), tlsSchema])
    .default(false)
    .describe("TLS to the brokers: true for the system's authorities, or files."),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string().min(1),
      password: secret,
    })
    .optional()
    .describe('How this client proves who it is. PLAIN sends the password as it is: use it with tls only.'),
  spool: z
    .union([z.literal(false), spoolConfigSchema])
    .prefault({})
    .describe(
      'Where collectors put what they receive while Kafka is away: on the disk, up to a bound. false: in their queues only.',
    ),
});

/** `eventLog` in fairlead.yaml. */
export const eventLogSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded') }),
  kafkaSchema,
]);

export type KafkaConfig = z.infer<typeof kafkaSchema>;

/**
 * What the Kafka adapter needs, with the files read.
 * @throws Error when a file cannot be read
 */
export function kafkaOptions({
  kind: _kind,
  spool: _spool,
  tls,
  sasl,
  ...rest
}: KafkaConfig): KafkaLogOptions {
  return {
    ...rest,
    ...(tls !== false && { tls: tls === true ? true : readTls(tls) }),
    ...(sasl && { sasl: { ...sasl, password: sasl.password.reveal() } }),
  };
}

function readTls({
  ca,
  cert,
  key,
  serverName,
}: z.infer<typeof tlsSchema>): NonNullable<KafkaLogOptions['tls']> {
  return {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
