import type { WaitingLimits } from './waiting-sets.ts';

/** What bounds the memory of a store; datagrams can come from forged addresses in any number. */
export interface TemplateStoreLimits extends WaitingLimits {
  /** Exporters that are remembered. */
  readonly exporters: number;
  /** Templates of one exporter, over all its observation domains: one of a single field costs as much as ten more fields. */
  readonly templatesPerExporter: number;
  /** Templates of all exporters. */
  readonly templates: number;
  /** Template fields of one exporter, over all its observation domains. */
  readonly fieldsPerExporter: number;
  /** Template fields of all exporters. */
  readonly fields: number;
  /** Fields of the templates that are kept ready for their data; one that is not is made ready when its data comes. */
  readonly readyFields: number;
  /** A template that was not announced again for so long is forgotten. */
  readonly templateMs: number;
  /** Observation domains of one exporter whose sampling, and start, is remembered. */
  readonly samplingDomains: number;
  /** Samplers, and interfaces, with a rate of their own in one observation domain. */
  readonly samplingRates: number;
}

export const defaultStoreLimits: TemplateStoreLimits = {
  exporters: 10_000,
  templatesPerExporter: 1_024,
  templates: 32_768,
  fieldsPerExporter: 8_192,
  fields: 250_000,
  readyFields: 32_768,
  templateMs: 24 * 3_600_000,
  samplingDomains: 64,
  samplingRates: 1_024,
  waitingBytesPerExporter: 65_536,
  waitingBytes: 1_048_576,
  waitingMs: 1_800_000,
};
