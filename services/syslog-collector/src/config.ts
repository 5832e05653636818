import {
  streamLimitsSchema,
  tcpListenerConfigSchema,
  tlsListenerConfigSchema,
} from '@fairlead/stream-intake';
import { parseCidr, udpIntakeConfigSchema } from '@fairlead/udp-intake';
import { z } from 'zod';

/** `syslog` in fairlead.yaml. */
export const syslogCollectorConfigSchema = udpIntakeConfigSchema({
  port: 5514,
  maxDatagramBytes: 16_384,
}).extend({
  tcp: tcpListenerConfigSchema({ port: 5514 })
    .optional()
    .describe(
      'Listen on TCP too (RFC 6587: octet counts, line ends, and the undelimited messages of RouterOS).',
    ),
  tls: tlsListenerConfigSchema({ port: 6514 }).optional().describe('Listen on TLS too (RFC 5425).'),
  streams: streamLimitsSchema.prefault({}).describe('Limits of TCP and TLS together.'),
  relays: z
    .array(
      z.string().refine((text) => parseCidr(text) !== undefined, {
        message: 'expected an address or a block such as 10.0.0.0/8 or 2001:db8::/32',
      }),
    )
    .default([])
    .describe(
      'Addresses and blocks whose messages come from the router that the host name in them says (its name or syslog.identity), where neither a certificate nor the address is a router’s. With onlyInventory over TCP and TLS only.',
    ),
});

export type SyslogCollectorConfig = z.infer<typeof syslogCollectorConfigSchema>;
