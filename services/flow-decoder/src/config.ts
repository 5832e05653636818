import { z } from 'zod';

/** `flowDecoder` in fairlead.yaml. */
export const flowDecoderConfigSchema = z.strictObject({
  maxBatchBytes: z
    .int()
    .min(1)
    .default(1_048_576)
    .describe('Most bytes of datagrams that are decoded in one step.'),
  lingerMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(200)
    .describe(
      'How long to wait for more datagrams, so that flows are stored in larger batches, and Kafka has fewer transactions.',
    ),
  primeRecords: z
    .int()
    .min(0)
    .default(1_000)
    .describe(
      'Log records between two snapshots of the templates; so many are read again at the start, at most.',
    ),
  samplingRates: z
    .record(z.union([z.ipv4(), z.ipv6()]), z.int().min(1).max(0xffff_ffff))
    .default({})
    .describe('Sampling rate by exporter address, above what the exporter says itself.'),
  maxInterfaceBps: z
    .number()
    .positive()
    .default(100_000_000_000)
    .describe(
      'Speed of the fastest interface, in bits per second. A flow with more bytes than it can carry is put aside, and so ' +
        'is one with more than twice what its own interfaces can carry, where their speed is known.',
    ),
  activeTimeoutMs: z
    .int()
    .min(1_000)
    .default(1_800_000)
    .describe('Longest active flow timeout of the exporters, which is the time a flow can have taken.'),
  asnDatabase: z
    .string()
    .min(1)
    .optional()
    .describe('MMDB file with AS numbers, such as GeoLite2-ASN, for flows whose exporter names none.'),
  countryDatabase: z
    .string()
    .min(1)
    .optional()
    .describe('MMDB file with countries, such as GeoLite2-Country.'),
});

export type FlowDecoderConfig = z.infer<typeof flowDecoderConfigSchema>;
