import { z } from 'zod';

/** `http` in fairlead.yaml. */
export const httpServerConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(8080).describe('0 takes a free one.'),
  hosts: z
    .array(z.hostname())
    .default([])
    .describe(
      'Names by which this server is reached, without port, such as that in prometheus.yml. Addresses, localhost, the name of this machine and the hosts of live.origins need not be listed; any other name is refused, as DNS rebinding would use one.',
    ),
  tls: z
    .strictObject({
      certificate: z
        .string()
        .min(1)
        .describe('File with the certificate of this server and its chain (PEM).'),
      key: z.string().min(1).describe('File with its private key (PEM).'),
    })
    .optional()
    .describe('Serve HTTPS and WSS. SIGHUP reads the two files again; open connections go on.'),
  allowPlainText: z
    .boolean()
    .default(false)
    .describe('Listen without TLS where others can reach it, as behind a proxy that ends TLS.'),
  maxConnections: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Most connections that are no WebSockets (those have live.maxClients).'),
  maxConnectionsPerAddress: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe('The same for one address; raise it where all come through one proxy.'),
  requestTimeoutMs: z
    .int()
    .min(1_000)
    .max(300_000)
    .default(10_000)
    .describe(
      'A connection that brings no whole request for so long is closed. A TLS handshake has the same time.',
    ),
});

export type HttpServerConfig = z.infer<typeof httpServerConfigSchema>;

/** Whether only this machine reaches the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
