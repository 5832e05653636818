import { z } from 'zod';

const KIB = 1_024;
const MIB = 1_024 * KIB;

const host = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)])
  .optional()
  .describe('Address to listen on, or a list; that of UDP unless given.');
const port = (usual: number, what: string) =>
  z
    .int()
    .min(0)
    .max(65_535)
    .default(usual)
    .describe(`${what} port, the same for every address; 0 takes a free one.`);

/** A TCP listener. */
export const tcpListenerConfigSchema = (defaults: { readonly port: number }) =>
  z.strictObject({ host, port: port(defaults.port, 'TCP') });

/** A TLS listener. */
export const tlsListenerConfigSchema = (defaults: { readonly port: number }) =>
  z
    .strictObject({
      host,
      port: port(defaults.port, 'TLS'),
      certificate: z
        .string()
        .min(1)
        .describe('File with the certificate of this server and its chain (PEM).'),
      key: z.string().min(1).describe('File with its private key (PEM).'),
      selfSigned: z
        .boolean()
        .default(false)
        .describe(
          'Make a self-signed certificate and write the two files when neither is there. Senders must then be given the certificate, or its fingerprint, which the log names.',
        ),
      clientCa: z
        .string()
        .min(1)
        .optional()
        .describe('File with the CA that signs the certificates of senders (PEM).'),
      clientCertificate: z
        .enum(['none', 'optional', 'required'])
        .default('none')
        .describe(
          'Whether a sender is asked for a certificate, and whether it may do without. One counts when clientCa signed it or its fingerprint is in the inventory; any other ends the connection.',
        ),
    })
    .refine(({ clientCa, clientCertificate }) => clientCa === undefined || clientCertificate !== 'none', {
      message: 'clientCa is of no use while clientCertificate is none; set it to optional or required',
      path: ['clientCa'],
    });

/** The limits of all connections. */
export const streamLimitsSchema = z.strictObject({
  maxConnections: z
    .int()
    .min(1)
    .max(65_536)
    .default(2_048)
    .describe('Most connections at once; more are closed and counted as too-many.'),
  maxConnectionsPerAddress: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe('Most connections of one address at once; more are closed and counted as too-many-of-address.'),
  maxMessageBytes: z
    .int()
    .min(480)
    .max(256 * KIB)
    .default(64 * KIB)
    .describe('A longer message is dropped and counted as too-long; the connection goes on.'),
  splitAtPri: z
    .boolean()
    .default(true)
    .describe(
      'Also begin a message at <PRI> with a time behind it, until a connection has shown line ends: RouterOS puts nothing between messages.',
    ),
  idleTimeoutMs: z
    .int()
    .min(1_000)
    .max(7 * 86_400_000)
    .default(86_400_000)
    .describe('A connection that says nothing for this long is closed and counted as idle.'),
  messageTimeoutMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(30_000)
    .describe(
      'A message that is not whole after this long ends its connection, counted as slow. A TLS handshake has the same time.',
    ),
  quietMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1_000)
    .describe('A message without a line end is taken as whole after this long, where splitAtPri holds.'),
  queueBytes: z
    .int()
    .min(64 * KIB)
    .default(64 * MIB)
    .describe(
      'Bytes that wait for the event log; beyond them no connection is read, and nothing is dropped.',
    ),
  connectionQueueBytes: z
    .int()
    .min(16 * KIB)
    .default(2 * MIB)
    .describe('The same for one connection, so that one that floods does not stop the others.'),
  lingerMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('How long messages are gathered into one log value.'),
  drainMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(2_000)
    .describe('How long stopping waits for what was sent to arrive, and for the log to take it.'),
});

export type TcpListenerConfig = z.infer<ReturnType<typeof tcpListenerConfigSchema>>;
export type TlsListenerConfig = z.infer<ReturnType<typeof tlsListenerConfigSchema>>;
export type StreamLimits = z.infer<typeof streamLimitsSchema>;
