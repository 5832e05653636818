/**
 * What one datagram may ask of the decoder, so that none takes more than 5 ms, whoever sent it (docs/fuzzing.md). Exporters
 * keep to the MTU: in a jumbo frame of 9 000 bytes these are records of 9 bytes, sets of 18, templates of 9 fields with nothing
 * beside them, and the first data of 20 templates of 25 fields. What is beyond them is left out and is a problem of the datagram.
 */
export const datagramLimits = {
  /** Flows and options data, with those that waited for a template of the datagram. */
  records: 1_024,
  sets: 512,
  /** Templates and withdrawals. */
  announcements: 256,
  /** Fields of all templates together. */
  templateFields: 2_048,
  /** Fields of the templates that are made ready for their data: those that had none before, or none for long. */
  newTemplateFields: 512,
  /** Withdrawals of all templates: each looks at every template of the exporter. */
  withdrawalsOfAll: 4,
} as const;

/** Fields that a template may have; the longest seen have about 150. */
export const MAX_TEMPLATE_FIELDS = 512;
