import { z } from 'zod';
import { parseCidr } from './cidr.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The options of a UDP listener with a queue behind it; a collector puts its own port and datagram size. */
export function udpIntakeConfigSchema(defaults: {
  readonly port: number;
  readonly maxDatagramBytes: number;
}) {
  return z.strictObject({
    host: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)])
      .default('127.0.0.1')
      .describe(
        'Address to listen on, or a list; 0.0.0.0 for every IPv4 address, :: for IPv6 and IPv4 by one socket.',
      ),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(defaults.port)
      .describe('UDP port, the same for every address; 0 takes a free one.'),
    reusePort: z
      .boolean()
      .default(false)
      .describe(
        'Several processes may listen on this port, and the kernel gives each exporter to one of them: where one core is not enough. Needs Node.js 22.12 or later.',
      ),
    allowFrom: z
      .array(
        z.string().refine((text) => parseCidr(text) !== undefined, {
          message: 'expected an address or a block such as 10.0.0.0/8 or 2001:db8::/32',
        }),
      )
      .default([])
      .describe(
        'Addresses and blocks that may send; everyone when it is empty. Others are dropped and counted as not-allowed.',
      ),
    onlyInventory: z
      .boolean()
      .default(false)
      .describe('Take datagrams of routers in the inventory only; others are counted as not-allowed.'),
    maxDatagramsPerSecond: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe(
        'Most datagrams of one source address in a second, no limit unless given; more are dropped and counted as rate-limited.',
      ),
    resolveIntervalMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(60_000)
      .describe('How often the host names in the inventory are resolved again.'),
    receiveBufferBytes: z
      .int()
      .min(4 * KIB)
      .max(1_024 * MIB)
      .default(16 * MIB)
      .describe('Kernel receive buffer to ask for. Linux gives at most net.core.rmem_max.'),
    maxDatagramBytes: z
      .int()
      .min(1)
      .max(65_535)
      .default(defaults.maxDatagramBytes)
      .describe('A longer datagram is dropped and counted.'),
    queueBytes: z
      .int()
      .min(64 * KIB)
      .default(64 * MIB)
      .describe('Most bytes that wait for the event log; what comes then is dropped and counted.'),
    queueDatagrams: z.int().min(1).default(262_144).describe('Most datagrams that wait for the event log.'),
    lingerMs: z
      .int()
      .min(0)
      .max(1_000)
      .default(20)
      .describe('How long datagrams of one source are gathered into one log value.'),
    batchBytes: z
      .int()
      .min(1)
      .max(900 * KIB)
      .default(256 * KIB)
      .describe('Bytes that end a log value before the linger is over.'),
    drainMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(2_000)
      .describe('How long stopping waits for the log to take what is queued.'),
  });
}

export type UdpIntakeConfig = z.infer<ReturnType<typeof udpIntakeConfigSchema>>;
