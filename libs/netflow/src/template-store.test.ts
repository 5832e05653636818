import { addressToBytes } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { compileDataTemplate, type Template } from './template.ts';
import type { Speaker } from './speaker.ts';
import { createTemplateStore } from './template-store.ts';

const speaker = (address: string, observationDomain = 0, version = 9): Speaker => ({
  exporter: addressToBytes(address),
  observationDomain,
  version,
});

function template(id: number, fieldCount = 1): Template {
  const compiled = compileDataTemplate(
    id,
    Array.from({ length: fieldCount }, () => ({ type: 1, lengthBytes: 4 })),
  );
  if (!compiled) throw new Error('a template without length');
  return compiled;
}

describe('a template store', () => {
  it('finds a template by exporter, version, domain and id', () => {
    const store = createTemplateStore();
    const announced = template(256);
    store.announce(speaker('192.0.2.1', 0xffff_ffff), announced, 1);
    expect(store.find(speaker('192.0.2.1', 0xffff_ffff), 256, 1)).toBe(announced);
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

  it('remembers no more sampling rates than it may', () => {
    const store = createTemplateStore({ samplingRates: 2, samplingDomains: 2 });
    for (const samplerId of [1, 2, 3]) store.announceSampling(speaker('192.0.2.1'), { rate: 10, samplerId });
    expect([...(store.sampling(speaker('192.0.2.1'))?.bySampler.keys() ?? [])]).toEqual([2, 3]);
    for (const domain of [1, 2]) store.announceSampling(speaker('192.0.2.1', domain), { rate: 10 });
    expect(store.sampling(speaker('192.0.2.1'))).toBeUndefined();
    expect(store.sampling(speaker('192.0.2.1', 2))?.rate).toBe(10);
  });
});
