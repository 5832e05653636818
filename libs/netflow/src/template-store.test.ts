import { addressToBytes } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import type { Speaker } from './speaker.ts';
import { defineTemplate, type TemplateDefinition } from './template-definition.ts';
import type { Template } from './template.ts';
import { createTemplateStore, type TemplateStore } from './template-store.ts';

const speaker = (address: string, observationDomain = 0, version = 9): Speaker => ({
  exporter: addressToBytes(address),
  observationDomain,
  version,
});

function template(id: number, fieldCount = 1): TemplateDefinition {
  const definition = defineTemplate(
    { id, kind: 'data', dialect: 'v9', scopeCount: 0 },
    Array.from({ length: fieldCount }, () => ({ type: 1, lengthBytes: 4 })),
  );
  if (!definition) throw new Error('a template without length');
  return definition;
}

describe('a template store', () => {
  it('finds a template by exporter, version, domain and id', () => {
    const store = createTemplateStore();
    const announced = template(256);
    store.announce(speaker('192.0.2.1', 0xffff_ffff), announced, 1);
    expect(store.find(speaker('192.0.2.1', 0xffff_ffff), 256, 1)?.definition).toBe(announced);
    expect(store.find(speaker('192.0.2.1', 0xffff_ffff, 10), 256, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.1', 0xffff_fffe), 256, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.1', 0xffff_ffff), 257, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.2', 0xffff_ffff), 256, 1)).toBeUndefined();
  });

  it('lets the oldest templates of an exporter go when it announces too many, and counts them', () => {
    const store = createTemplateStore({ fieldsPerExporter: 10 });
    store.announce(speaker('192.0.2.2'), template(256, 10), 1);
    for (const id of [256, 257, 258]) store.announce(speaker('192.0.2.1'), template(id, 4), 1);
    expect(store.find(speaker('192.0.2.1'), 256, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.1'), 258, 1)).toBeDefined();
    expect(store.find(speaker('192.0.2.2'), 256, 1)).toBeDefined();
    expect(store.evictedTemplates).toBe(1);
    expect(store.size).toMatchObject({ exporters: 2, templates: 3 });
  });

  it('holds no more templates than it may, of an exporter and of all, however short they are', () => {
    const store = createTemplateStore({ templatesPerExporter: 3, templates: 5 });
    for (const id of [256, 257, 256, 258, 259]) store.announce(speaker('192.0.2.1'), template(id), 1);
    expect(store.find(speaker('192.0.2.1'), 257, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.1'), 256, 1)).toBeDefined();
    for (const id of [256, 257]) store.announce(speaker('192.0.2.2'), template(id), 1);
    expect(store.size).toMatchObject({ exporters: 2, templates: 5 });
    store.announce(speaker('192.0.2.2'), template(258), 1);
    expect(store.size).toMatchObject({ exporters: 1, templates: 3 });
    expect(store.evictedTemplates).toBe(4);
  });

  it('does not count an announcement that is repeated', () => {
    const store = createTemplateStore({ fieldsPerExporter: 10 });
    for (let i = 0; i < 5; i += 1) store.announce(speaker('192.0.2.1'), template(256, 8), 1);
    expect(store.size.templates).toBe(1);
    expect(store.evictedTemplates).toBe(0);
  });

  it('forgets the exporter that has been silent for longest when there are too many', () => {
    const store = createTemplateStore({ exporters: 2 });
    store.announce(speaker('192.0.2.1'), template(256), 1);
    store.announce(speaker('192.0.2.2'), template(256), 1);
    store.announce(speaker('192.0.2.1'), template(257), 1);
    store.announce(speaker('192.0.2.3'), template(256), 1);
    expect(store.find(speaker('192.0.2.2'), 256, 1)).toBeUndefined();
    expect(store.find(speaker('192.0.2.1'), 256, 1)).toBeDefined();
    expect(store.evictedTemplates).toBe(1);
  });

  it('holds no more fields than it may, whoever announces them', () => {
    const store = createTemplateStore({ fields: 100 });
    for (let i = 0; i < 50; i += 1) store.announce(speaker(`192.0.2.${i}`), template(256, 10), 1);
    expect(store.size).toMatchObject({ exporters: 10, templates: 10 });
    expect(store.evictedTemplates).toBe(40);
  });

  const use = (store: TemplateStore, address: string, id: number, nowMs = 1): Template | undefined => {
    const known = store.find(speaker(address), id, nowMs);
    return known && store.use(known);
  };

  it('keeps templates ready while their data comes, and makes others ready again', () => {
    const store = createTemplateStore({ readyFields: 20 });
    for (const id of [256, 257, 258]) store.announce(speaker('192.0.2.1'), template(id, 10), 1);
    const [first, second] = [use(store, '192.0.2.1', 256), use(store, '192.0.2.1', 257)];
    expect(use(store, '192.0.2.1', 256)).toBe(first);
    expect(use(store, '192.0.2.1', 258)).toBeDefined();
    expect(use(store, '192.0.2.1', 256)).toBe(first);
    expect(use(store, '192.0.2.1', 257)).not.toBe(second);
    expect(use(store, '192.0.2.1', 257)).toEqual(second);
  });

  it('keeps a template ready that is announced again as it was', () => {
    const store = createTemplateStore({ templatesPerExporter: 2, templateMs: 10 });
    store.announce(speaker('192.0.2.1'), template(256, 2), 1);
    const before = use(store, '192.0.2.1', 256);
    store.announce(speaker('192.0.2.1'), template(257), 2);
    store.announce(speaker('192.0.2.1'), template(256, 2), 20);
    store.announce(speaker('192.0.2.1'), template(258), 20);
    expect(use(store, '192.0.2.1', 256, 30)).toBe(before);
    store.announce(speaker('192.0.2.1'), template(256, 3), 30);
    expect(use(store, '192.0.2.1', 256, 30)?.fields).toHaveLength(3);
  });

  it('remembers no more sampling rates than it may', () => {
    const store = createTemplateStore({ samplingRates: 2, samplingDomains: 2 });
    for (const samplerId of [1, 2, 3]) store.announceSampling(speaker('192.0.2.1'), { rate: 10, samplerId });
    expect([...(store.sampling(speaker('192.0.2.1'))?.bySampler.keys() ?? [])]).toEqual([2, 3]);
    for (const domain of [1, 2]) store.announceSampling(speaker('192.0.2.1', domain), { rate: 10 });
    expect(store.sampling(speaker('192.0.2.1'))).toBeUndefined();
    expect(store.sampling(speaker('192.0.2.1', 2))?.rate).toBe(10);
  });
});
