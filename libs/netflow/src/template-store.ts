import type { DecoderStateEntry } from '@fairlead/model';
import { Line, type Place } from './line.ts';
import type { AnnouncedSampling } from './sampling.ts';
import { domainKey, exporterKey, type Speaker, templateKey } from './speaker.ts';
import { restoreTemplate, saveDomain, saveTemplate, saveWaiting, speakerOf } from './store-entries.ts';
import { type KnownTemplate, ReadyTemplates } from './ready-templates.ts';
import type { TemplateDefinition } from './template-definition.ts';
import type { Template } from './template.ts';
import { defaultStoreLimits, type TemplateStoreLimits } from './store-limits.ts';
import { createWaitingSets, type WaitingSet } from './waiting-sets.ts';

/** A sampling rate that options data announced; for the whole domain when it names neither sampler nor interface. */
export interface SamplingAnnouncement {
  readonly rate: number;
  readonly samplerId?: number | undefined;
  readonly interface?: number | undefined;
}

/** The memory of the decoder: what exporters announced, to be used with the datagrams that follow. */
export interface TemplateStore {
  find(speaker: Speaker, templateId: number, nowMs: number): KnownTemplate | undefined;
  /** Makes a template that was found ready for its data, if it is not. */
  use(known: KnownTemplate): Template;
  /**
   * Keeps a template; the one that had its id is replaced.
   * @returns the sets that waited for it, oldest first
   */
  announce(speaker: Speaker, template: TemplateDefinition, nowMs: number): readonly WaitingSet[];
  withdraw(speaker: Speaker, templateId: number): void;
  withdrawAll(speaker: Speaker, kind: TemplateDefinition['kind']): void;
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

/** What options data says of a whole observation domain. */
interface DomainMemory {
  readonly speaker: Speaker;
  readonly rates: AnnouncedSampling;
  startedMs: number | undefined;
}

interface ExporterMemory {
  readonly key: string;
  readonly templates: Map<number, Place<KnownTemplate>>;
  /** In the order in which they were announced. */
  readonly announced: Line<KnownTemplate>;
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
  const limit = { ...defaultStoreLimits, ...limits };
  const exporters = new Map<string, Place<ExporterMemory>>();
  /** In the order in which they announced something. */
  const heard = new Line<ExporterMemory>();
  const ready = new ReadyTemplates(limit.readyFields);
  const waiting = createWaitingSets(limit);
  let fields = 0;
  let templates = 0;
  let evictedTemplates = 0;

  const memoryOf = (speaker: Speaker): ExporterMemory | undefined =>
    exporters.get(exporterKey(speaker))?.item;

  function forgetTemplate(memory: ExporterMemory, key: number): void {
    const place = memory.templates.get(key);
    if (!place) return;
    memory.templates.delete(key);
    memory.announced.remove(place);
    const { fieldCount } = place.item.definition;
    memory.fields -= fieldCount;
    fields -= fieldCount;
    templates -= 1;
  }

  function evictOldestExporter(): void {
    const { oldest } = heard;
    const place = oldest && exporters.get(oldest.key);
    if (!place) return;
    exporters.delete(oldest.key);
    heard.remove(place);
    fields -= oldest.fields;
    templates -= oldest.templates.size;
    evictedTemplates += oldest.templates.size;
  }

  /** The exporter's memory, moved to the end of the line of those that may be evicted. */
  function remember(speaker: Speaker): ExporterMemory {
    const key = exporterKey(speaker);
    const place = exporters.get(key);
    if (place) {
      heard.moveToEnd(place);
      return place.item;
    }
    if (exporters.size >= limit.exporters) evictOldestExporter();
    const memory = {
      key,
      templates: new Map(),
      announced: new Line<KnownTemplate>(),
      domains: new Map(),
      fields: 0,
    };
    exporters.set(key, heard.add(memory));
    return memory;
  }

  function keepTemplate(speaker: Speaker, definition: TemplateDefinition, announcedMs: number): void {
    const memory = remember(speaker);
    const key = templateKey(speaker, definition.id);
    const known = memory.templates.get(key);
    if (known && isSame(known.item.definition, definition)) {
      known.item.announcedMs = announcedMs;
      memory.announced.moveToEnd(known);
      return;
    }
    forgetTemplate(memory, key);
    const kept: KnownTemplate = {
      key,
      speaker,
      definition,
      announcedMs,
      template: undefined,
      readyPlace: undefined,
    };
    memory.templates.set(key, memory.announced.add(kept));
    memory.fields += definition.fieldCount;
    fields += definition.fieldCount;
    templates += 1;
    const { announced } = memory;
    while (
      announced.oldest &&
      (announced.size > limit.templatesPerExporter || memory.fields > limit.fieldsPerExporter)
    ) {
      forgetTemplate(memory, announced.oldest.key);
      evictedTemplates += 1;
    }
    while (templates > limit.templates || fields > limit.fields) evictOldestExporter();
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
      const memory = memoryOf(speaker);
      const key = templateKey(speaker, templateId);
      const kept = memory?.templates.get(key)?.item;
      if (!memory || !kept) return undefined;
      if (kept.announcedMs + limit.templateMs >= nowMs) return kept;
      forgetTemplate(memory, key);
      return undefined;
    },
    use: (known) => ready.use(known),
    announce(speaker, template, nowMs) {
      keepTemplate(speaker, template, nowMs);
      return waiting.take(speaker, template.id);
    },
    withdraw(speaker, templateId) {
      const memory = memoryOf(speaker);
      if (memory) forgetTemplate(memory, templateKey(speaker, templateId));
    },
    withdrawAll(speaker, kind) {
      const memory = memoryOf(speaker);
      if (!memory) return;
      const domain = domainKey(speaker);
      for (const kept of memory.announced) {
        if (kept.definition.kind === kind && domainKey(kept.speaker) === domain)
          forgetTemplate(memory, kept.key);
      }
    },
    announceSampling: keepSampling,
    sampling: (speaker) => memoryOf(speaker)?.domains.get(domainKey(speaker))?.rates,
    announceStart(speaker, startedMs) {
      rememberDomain(speaker).startedMs = startedMs;
    },
    startedMs: (speaker) => memoryOf(speaker)?.domains.get(domainKey(speaker))?.startedMs,
    wait: (set) => waiting.add(set),
    takeDropped: (nowMs) => waiting.takeDropped(nowMs),
    entries() {
      const memories = [...heard];
      return [
        ...memories.flatMap(({ announced }) => [...announced].map(saveTemplate)),
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

const isSame = (a: TemplateDefinition, b: TemplateDefinition): boolean =>
  a.packedFields === b.packedFields && a.kind === b.kind && a.scopeCount === b.scopeCount;

function setBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) return;
    map.delete(oldest);
  }
}
