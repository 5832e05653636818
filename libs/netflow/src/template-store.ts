import type { DecoderStateEntry } from '@fairlead/model';
import type { AnnouncedSampling } from './sampling.ts';
import { domainKey, exporterKey, type Speaker, templateKey } from './speaker.ts';
import { restoreTemplate, saveDomain, saveTemplate, saveWaiting, speakerOf } from './store-entries.ts';
import type { Template } from './template.ts';
import { createWaitingSets, type WaitingLimits, type WaitingSet } from './waiting-sets.ts';

/** What bounds the memory of a store; datagrams can come from forged addresses in any number. */
export interface TemplateStoreLimits extends WaitingLimits {
  /** Exporters that are remembered. */
  readonly exporters: number;
  /** Template fields of one exporter, over all its observation domains. */
  readonly fieldsPerExporter: number;
  /** Template fields of all exporters. */
  readonly fields: number;
  /** A template that was not announced again for so long is forgotten. */
  readonly templateMs: number;
  /** Observation domains of one exporter whose sampling, and start, is remembered. */
  readonly samplingDomains: number;
  /** Samplers, and interfaces, with a rate of their own in one observation domain. */
  readonly samplingRates: number;
}

const defaultLimits: TemplateStoreLimits = {
  exporters: 10_000,
  fieldsPerExporter: 8_192,
  fields: 250_000,
  templateMs: 24 * 3_600_000,
  samplingDomains: 64,
  samplingRates: 1_024,
  waitingBytesPerExporter: 65_536,
  waitingBytes: 1_048_576,
  waitingMs: 1_800_000,
};

/** A sampling rate that options data announced; for the whole domain when it names neither sampler nor interface. */
export interface SamplingAnnouncement {
  readonly rate: number;
  readonly samplerId?: number | undefined;
  readonly interface?: number | undefined;
}

/** The memory of the decoder: what exporters announced, to be used with the datagrams that follow. */
export interface TemplateStore {
  find(speaker: Speaker, templateId: number, nowMs: number): Template | undefined;
  /**
   * Keeps a template; the one that had its id is replaced.
   * @returns the sets that waited for it, oldest first
   */
  announce(speaker: Speaker, template: Template, nowMs: number): readonly WaitingSet[];
  withdraw(speaker: Speaker, templateId: number): void;
  withdrawAll(speaker: Speaker, kind: Template['kind']): void;
  announceSampling(speaker: Speaker, announcement: SamplingAnnouncement): void;
  sampling(speaker: Speaker): AnnouncedSampling | undefined;
  /** Keeps when the exporter started, by its options data (systemInitTimeMilliseconds), Unix milliseconds. */
  announceStart(speaker: Speaker, startedMs: number): void;
  startedMs(speaker: Speaker): number | undefined;
  /** Keeps a data set until its template comes. */
  wait(set: WaitingSet): void;
  /** Sets that nobody waits for any more: there was no room, or their time was over. Each is given once. */
  takeDropped(nowMs: number): readonly WaitingSet[];
  /** All that is remembered, for `createTemplateStore` of another process. */
  entries(): DecoderStateEntry[];
  readonly size: { readonly exporters: number; readonly templates: number; readonly waitingSets: number };
  /** Templates let go for lack of room since the store was made. */
  readonly evictedTemplates: number;
}

interface KeptTemplate {
  readonly speaker: Speaker;
  readonly template: Template;
  readonly announcedMs: number;
}

/** What options data says of a whole observation domain. */
interface DomainMemory {
  readonly speaker: Speaker;
  readonly rates: AnnouncedSampling;
  startedMs: number | undefined;
}

interface ExporterMemory {
  readonly templates: Map<number, KeptTemplate>;
  readonly domains: Map<number, DomainMemory>;
  fields: number;
}

/**
 * A store in memory. The oldest announcement goes first when a limit is reached.
 * @param entries of another store, to go on where that one was
 */
export function createTemplateStore(
  limits: Partial<TemplateStoreLimits> = {},
  entries: readonly DecoderStateEntry[] = [],
): TemplateStore {
  const limit = { ...defaultLimits, ...limits };
  const exporters = new Map<string, ExporterMemory>();
  const waitingKey = (speaker: Speaker, templateId: number): string =>
    `${exporterKey(speaker)}/${templateKey(speaker, templateId)}`;
  const waiting = createWaitingSets(
    limit,
    ({ speaker }) => exporterKey(speaker),
    ({ speaker, templateId }) => waitingKey(speaker, templateId),
  );
  let fields = 0;
  let templates = 0;
  let evictedTemplates = 0;

  function forgetTemplate(memory: ExporterMemory, key: number): void {
    const kept = memory.templates.get(key);
    if (!kept) return;
    memory.templates.delete(key);
    memory.fields -= kept.template.fields.length;
    fields -= kept.template.fields.length;
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
    const memory = exporters.get(key) ?? { templates: new Map(), domains: new Map(), fields: 0 };
    exporters.delete(key);
    if (exporters.size >= limit.exporters) evictOldestExporter();
    exporters.set(key, memory);
    return memory;
  }

  function keepTemplate(speaker: Speaker, template: Template, announcedMs: number): void {
    const memory = remember(speaker);
    const key = templateKey(speaker, template.id);
    forgetTemplate(memory, key);
    memory.templates.set(key, { speaker, template, announcedMs });
    memory.fields += template.fields.length;
    fields += template.fields.length;
    templates += 1;
    for (const oldest of memory.templates.keys()) {
      if (memory.fields <= limit.fieldsPerExporter) break;
      forgetTemplate(memory, oldest);
      evictedTemplates += 1;
    }
    while (fields > limit.fields) evictOldestExporter();
  }

  function rememberDomain(speaker: Speaker): DomainMemory {
    const { domains } = remember(speaker);
    const key = domainKey(speaker);
    const domain = domains.get(key) ?? {
      speaker,
      rates: { bySampler: new Map(), byInterface: new Map() },
      startedMs: undefined,
    };
    setBounded(domains, key, domain, limit.samplingDomains);
    return domain;
  }

  function keepSampling(
    speaker: Speaker,
    { rate, samplerId, interface: ifIndex }: SamplingAnnouncement,
  ): void {
    const { rates } = rememberDomain(speaker);
    if (samplerId) setBounded(rates.bySampler, samplerId, rate, limit.samplingRates);
    else if (ifIndex !== undefined) setBounded(rates.byInterface, ifIndex, rate, limit.samplingRates);
    else rates.rate = rate;
  }

  for (const entry of entries) {
    const speaker = speakerOf(entry);
    const template = entry.template && restoreTemplate(entry.template, entry.version);
    if (template) keepTemplate(speaker, template, entry.template?.announcedMs ?? 0);
    if (entry.samplingRate) keepSampling(speaker, entry.samplingRate);
    if (entry.startedMs !== undefined) rememberDomain(speaker).startedMs = Number(entry.startedMs);
    if (entry.waiting) {
      const { templateId, timeMs, router, unixMs, uptimeMs, content } = entry.waiting;
      waiting.add({ speaker, templateId, timeMs, router, clock: { unixMs, uptimeMs }, content });
    }
  }

  return {
    find(speaker, templateId, nowMs) {
      const memory = exporters.get(exporterKey(speaker));
      const key = templateKey(speaker, templateId);
      const kept = memory?.templates.get(key);
      if (!memory || !kept) return undefined;
      if (kept.announcedMs + limit.templateMs >= nowMs) return kept.template;
      forgetTemplate(memory, key);
      return undefined;
    },
    announce(speaker, template, nowMs) {
      keepTemplate(speaker, template, nowMs);
      return waiting.size === 0 ? [] : waiting.take(waitingKey(speaker, template.id));
    },
    withdraw(speaker, templateId) {
      const memory = exporters.get(exporterKey(speaker));
      if (memory) forgetTemplate(memory, templateKey(speaker, templateId));
    },
    withdrawAll(speaker, kind) {
      const memory = exporters.get(exporterKey(speaker));
      for (const [key, kept] of memory?.templates ?? []) {
        const isMeant = kept.template.kind === kind && domainKey(kept.speaker) === domainKey(speaker);
        if (memory && isMeant) forgetTemplate(memory, key);
      }
    },
    announceSampling: keepSampling,
    sampling: (speaker) => exporters.get(exporterKey(speaker))?.domains.get(domainKey(speaker))?.rates,
    announceStart(speaker, startedMs) {
      rememberDomain(speaker).startedMs = startedMs;
    },
    startedMs: (speaker) => exporters.get(exporterKey(speaker))?.domains.get(domainKey(speaker))?.startedMs,
    wait: (set) => waiting.add(set),
    takeDropped: (nowMs) => waiting.takeDropped(nowMs),
    entries() {
      const memories = [...exporters.values()];
      return [
        ...memories.flatMap((memory) => [...memory.templates.values()].map(saveTemplate)),
        ...memories.flatMap((memory) => [...memory.domains.values()].flatMap(saveDomain)),
        ...[...waiting.all()].map(saveWaiting),
      ];
    },
    get size() {
      return { exporters: exporters.size, templates, waitingSets: waiting.size };
    },
    get evictedTemplates() {
      return evictedTemplates;
    },
  };
}

function setBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) return;
    map.delete(oldest);
  }
}
