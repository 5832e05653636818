import type { AnnouncedTemplate, DecoderStateEntry } from '@fairlead/model';
import type { AnnouncedSampling } from './sampling.ts';
import type { Speaker } from './speaker.ts';
import { defineTemplate, dialectOf, fieldsOf, type TemplateDefinition } from './template-definition.ts';
import type { TemplateField } from './template.ts';
import type { WaitingSet } from './waiting-sets.ts';

/** An entry about a speaker; where it belongs to is filled in by whoever keeps it. */
const entryOf = ({ exporter, version, observationDomain }: Speaker): DecoderStateEntry => ({
  partition: 0,
  nextOffset: 0,
  entries: 0,
  exporter,
  version,
  observationDomain,
  template: undefined,
  samplingRate: undefined,
  waiting: undefined,
  startedMs: undefined,
});

export const speakerOf = ({ exporter, version, observationDomain }: DecoderStateEntry): Speaker => ({
  exporter,
  version,
  observationDomain,
});

export function saveTemplate(kept: {
  readonly speaker: Speaker;
  readonly definition: TemplateDefinition;
  readonly announcedMs: number;
}): DecoderStateEntry {
  const { id, kind, scopeCount } = kept.definition;
  return {
    ...entryOf(kept.speaker),
    template: {
      templateId: id,
      options: kind === 'options',
      scopeCount,
      fields: fieldsOf(kept.definition).flatMap(({ enterprise, type, lengthBytes }) => [
        enterprise ?? 0,
        type,
        lengthBytes,
      ]),
      announcedMs: kept.announcedMs,
    },
  };
}

/**
 * @param version decides what the scope of options data means
 * @returns undefined when no exporter could have announced it
 */
export function restoreTemplate(saved: AnnouncedTemplate, version: number): TemplateDefinition | undefined {
  const fields: TemplateField[] = [];
  for (let i = 0; i + 2 < saved.fields.length; i += 3) {
    const [enterprise = 0, type = 0, lengthBytes = 0] = saved.fields.slice(i, i + 3);
    fields.push({ type, lengthBytes, ...(enterprise > 0 ? { enterprise } : {}) });
  }
  const kind = saved.options ? 'options' : 'data';
  const { templateId: id, scopeCount } = saved;
  return defineTemplate({ id, kind, dialect: dialectOf(version), scopeCount }, fields);
}

export function saveDomain(kept: {
  readonly speaker: Speaker;
  readonly rates: AnnouncedSampling;
  readonly startedMs: number | undefined;
}): DecoderStateEntry[] {
  const { rate, bySampler, byInterface } = kept.rates;
  const saved = [
    ...(rate === undefined ? [] : [{ rate, samplerId: 0, interface: undefined }]),
    ...[...bySampler].map(([samplerId, each]) => ({ rate: each, samplerId, interface: undefined })),
    ...[...byInterface].map(([ifIndex, each]) => ({ rate: each, samplerId: 0, interface: ifIndex })),
  ];
  const { speaker, startedMs } = kept;
  return [
    ...saved.map((samplingRate) => ({ ...entryOf(speaker), samplingRate })),
    ...(startedMs === undefined ? [] : [{ ...entryOf(speaker), startedMs: BigInt(startedMs) }]),
  ];
}

export function saveWaiting(set: WaitingSet): DecoderStateEntry {
  const { templateId, timeMs, router, clock, content } = set;
  const { unixMs, uptimeMs } = clock;
  return { ...entryOf(set.speaker), waiting: { templateId, timeMs, router, unixMs, uptimeMs, content } };
}
