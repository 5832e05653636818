import { z } from 'zod';
import { Secret } from './secret.ts';

/** RFC 3414 section 11.2. */
const MIN_PASSWORD = 8;

const password = z
  .string()
  .min(MIN_PASSWORD, `SNMPv3 passwords have at least ${MIN_PASSWORD} characters`)
  .transform((value) => new Secret(value));

const userSchema = z
  .strictObject({
    name: z.string().min(1).max(32),
    auth: z
      .strictObject({
        protocol: z
          .enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'])
          .default('sha')
          .describe('RouterOS has md5 and sha.'),
        password,
      })
      .optional()
      .describe('Leave out for noAuthNoPriv.'),
    priv: z
      .strictObject({
        protocol: z
          .enum(['des', 'aes', 'aes256', 'aes256c'])
          .default('aes')
          .describe(
            'RouterOS has des and aes (128 bits). aes256 lengthens keys after Blumenthal, aes256c after Reeder.',
          ),
        password,
      })
      .optional()
      .describe('Leave out for authNoPriv.'),
    context: z.string().default(''),
  })
  .refine(({ auth, priv }) => auth !== undefined || priv === undefined, {
    message: 'priv needs auth: there is no privacy without authentication (RFC 3414)',
    path: ['priv'],
  });

/** How a router is asked by SNMP. */
export const snmpAccessSchema = z
  .strictObject({
    port: z.int().min(1).max(65_535).default(161),
    community: z
      .string()
      .transform((value) => new Secret(value))
      .optional()
      .describe('SNMP v2c community.'),
    user: userSchema.optional().describe('SNMP v3 user, instead of a community.'),
    intervalMs: z.int().min(1_000).max(3_600_000).default(5_000).describe('Time between two polls.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(2_000)
      .describe('Longest wait for one answer; retries are made within the interval.'),
    sensorIntervalMs: z
      .int()
      .min(5_000)
      .max(86_400_000)
      .default(60_000)
      .describe('Time between two readings of processors, memory, health, optics and modems.'),
  })
  .refine(({ community, user }) => (community === undefined) !== (user === undefined), {
    message: 'snmp needs a community (v2c) or a user (v3), and not both',
  });
