import { z } from 'zod';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The options of a UDP listener with a queue behind it; a collector puts its own port and datagram size. */
export function udpIntakeConfigSchema(defaults: {
  readonly port: number;
  readonly maxDatagramBytes: number;
}) {
  return z.strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on; 0.0.0.0 for every IPv4 address, :: for IPv6 and IPv4.'),
    port: z.int().min(0).max(65_535).default(defaults.port).describe('UDP port; 0 takes a free one.'),
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
