import type { AnnouncedSampling } from './sampling.ts';
import type { Template } from './template.ts';

/** What bounds the memory of a store; datagrams can come from forged addresses in any number. */
export interface TemplateStoreLimits {
  /** Exporters that are remembered. */
  readonly exporters: number;
  /** Template fields of one exporter, over all its observation domains. */
  readonly fieldsPerExporter: number;
  /** Template fields of all exporters. */
  readonly fields: number;
  /** Observation domains of one exporter whose sampling is remembered. */
  readonly samplingDomains: number;
  /** Samplers, and interfaces, with a rate of their own in one observation domain. */
  readonly samplingRates: number;
}

const defaultLimits: TemplateStoreLimits = {
  exporters: 10_000,
  fieldsPerExporter: 8_192,
  fields: 1_000_000,
  samplingDomains: 64,
  samplingRates: 1_024,
};

/** Who speaks: templates of one exporter, version and observation domain are nobody else's. */
export interface Speaker {
  /** 16 bytes. */
  readonly exporter: Uint8Array;
  readonly version: number;
  /** Source id in v9. */
  readonly observationDomain: number;
}

/** A sampling rate that options data announced; for the whole domain when it names neither sampler nor interface. */
export interface SamplingAnnouncement {
  readonly rate: number;
  readonly samplerId?: number;
  readonly interface?: number;
}

/** The memory of the decoder: what exporters announced, to be used with the datagrams that follow. */
export interface TemplateStore {
  find(speaker: Speaker, templateId: number): Template | undefined;
  /** Keeps a template; the one that had its id is replaced. */
  announce(speaker: Speaker, template: Template): void;
  announceSampling(speaker: Speaker, announcement: SamplingAnnouncement): void;
  sampling(speaker: Speaker): AnnouncedSampling | undefined;
  readonly size: { readonly exporters: number; readonly templates: number };
  /** Templates let go for lack of room since the store was made. */
  readonly evictedTemplates: number;
}

interface ExporterMemory {
  readonly templates: Map<number, Template>;
  readonly sampling: Map<number, AnnouncedSampling>;
  fields: number;
}

/** A store in memory. The oldest announcement goes first when a limit is reached. */
export function createTemplateStore(limits: Partial<TemplateStoreLimits> = {}): TemplateStore {
  const limit = { ...defaultLimits, ...limits };
  const exporters = new Map<string, ExporterMemory>();
  let fields = 0;
  let templates = 0;
  let evictedTemplates = 0;

  function forgetTemplate(memory: ExporterMemory, key: number): void {
    const template = memory.templates.get(key);
    if (!template) return;
    memory.templates.delete(key);
    memory.fields -= template.fieldCount;
    fields -= template.fieldCount;
    templates -= 1;
  }

  function evictOldestExporter(): void {
    for (const [key, memory] of exporters) {
      exporters.delete(key);
      fields -= memory.fields;
      templates -= memory.templates.size;
      evictedTemplates += memory.templates.size;
      return;
    }
  }

  /** The exporter's memory, moved to the end of the line of those that may be evicted. */
  function remember(speaker: Speaker): ExporterMemory {
    const key = exporterKey(speaker);
    const memory = exporters.get(key) ?? { templates: new Map(), sampling: new Map(), fields: 0 };
    exporters.delete(key);
    if (exporters.size >= limit.exporters) evictOldestExporter();
    exporters.set(key, memory);
    return memory;
  }

  return {
    find(speaker, templateId) {
      return exporters.get(exporterKey(speaker))?.templates.get(templateKey(speaker, templateId));
    },
    announce(speaker, template) {
      const memory = remember(speaker);
      const key = templateKey(speaker, template.id);
      forgetTemplate(memory, key);
      memory.templates.set(key, template);
      memory.fields += template.fieldCount;
      fields += template.fieldCount;
      templates += 1;
      for (const oldest of memory.templates.keys()) {
        if (memory.fields <= limit.fieldsPerExporter) break;
        forgetTemplate(memory, oldest);
        evictedTemplates += 1;
      }
      while (fields > limit.fields) evictOldestExporter();
    },
    announceSampling(speaker, { rate, samplerId, interface: ifIndex }) {
      const domains = remember(speaker).sampling;
      const domain = domainKey(speaker);
      const sampling: AnnouncedSampling = domains.get(domain) ?? {
        bySampler: new Map(),
        byInterface: new Map(),
      };
      setBounded(domains, domain, sampling, limit.samplingDomains);
      if (samplerId !== undefined) setBounded(sampling.bySampler, samplerId, rate, limit.samplingRates);
      else if (ifIndex !== undefined) setBounded(sampling.byInterface, ifIndex, rate, limit.samplingRates);
      else sampling.rate = rate;
    },
    sampling: (speaker) => exporters.get(exporterKey(speaker))?.sampling.get(domainKey(speaker)),
    get size() {
      return { exporters: exporters.size, templates };
    },
    get evictedTemplates() {
      return evictedTemplates;
    },
  };
}

const exporterKey = ({ exporter }: Speaker): string => String.fromCharCode(...exporter);

/** Version (9 or 10), domain (32 bits) and template id (16 bits) in one number below 2^53. */
const templateKey = (speaker: Speaker, templateId: number): number =>
  domainKey(speaker) * 65_536 + templateId;

const domainKey = ({ version, observationDomain }: Speaker): number =>
  (version & 0xf) * 2 ** 32 + observationDomain;

function setBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) return;
    map.delete(oldest);
  }
}
