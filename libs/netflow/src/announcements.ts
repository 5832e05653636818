import { MAX_TEMPLATE_FIELDS } from './datagram-limits.ts';
import type { Span } from './span.ts';
import type { Dialect, TemplateDefinition } from './template-definition.ts';

/** What a template set says, one template after the other. */
export type Announcement =
  | { readonly kind: 'template'; readonly template: TemplateDefinition }
  | { readonly kind: 'withdrawal'; readonly templateId: number }
  | { readonly kind: 'withdrawal-of-all'; readonly of: TemplateDefinition['kind'] }
  | { readonly kind: 'bad-template'; readonly templateId: number };

const FIRST_TEMPLATE = 256;
const ENTERPRISE_BIT = 0x8000;
/** The set ids of IPFIX, which as template ids of a withdrawal mean all of their kind (RFC 7011 section 8.1). */
const ALL_TEMPLATES = 2;
const ALL_OPTIONS_TEMPLATES = 3;

/** `id(2) fieldCount(2) field…`, any number of them; a rest too short, or zero, is padding. */
export function* readTemplates(span: Span, dialect: Dialect): Generator<Announcement> {
  const { view, end } = span;
  let at = span.start;
  while (end - at >= 4) {
    const templateId = view.getUint16(at);
    const fieldCount = view.getUint16(at + 2);
    if (templateId === 0 && fieldCount === 0) return;
    at += 4;
    if (fieldCount === 0 && dialect === 'ipfix') {
      yield withdrawal(templateId);
      continue;
    }
    const fieldsEnd = packFields({ view, start: at, end }, fieldCount, dialect);
    if (fieldsEnd < 0 || templateId < FIRST_TEMPLATE) {
      yield { kind: 'bad-template', templateId };
      return;
    }
    const packedFields = packed();
    yield {
      kind: 'template',
      template: { id: templateId, kind: 'data', dialect, scopeCount: 0, fieldCount, packedFields },
    };
    at = fieldsEnd;
  }
}

/**
 * In v9 `id(2) scopeLength(2) optionsLength(2)`, lengths in bytes, in IPFIX `id(2) fieldCount(2) scopeFieldCount(2)`;
 * then the fields of the scope and of the options.
 */
export function* readOptionsTemplates(span: Span, dialect: Dialect): Generator<Announcement> {
  const { view, end } = span;
  let at = span.start;
  while (end - at >= 4) {
    const templateId = view.getUint16(at);
    const first = view.getUint16(at + 2);
    if (first === 0 && dialect === 'ipfix') {
      if (templateId === 0) return;
      at += 4;
      yield withdrawal(templateId);
      continue;
    }
    if (end - at < 6) return;
    const second = view.getUint16(at + 4);
    if (templateId === 0 && first === 0) return;
    at += 6;
    const fieldCount = dialect === 'ipfix' ? first : Math.floor((first + second) / 4);
    const scopeCount = dialect === 'ipfix' ? second : Math.floor(first / 4);
    const fieldsEnd =
      scopeCount <= fieldCount ? packFields({ view, start: at, end }, fieldCount, dialect) : -1;
    if (fieldsEnd < 0 || templateId < FIRST_TEMPLATE) {
      yield { kind: 'bad-template', templateId };
      return;
    }
    const packedFields = packed();
    yield {
      kind: 'template',
      template: { id: templateId, kind: 'options', dialect, scopeCount, fieldCount, packedFields },
    };
    at = fieldsEnd;
  }
}

function withdrawal(templateId: number): Announcement {
  if (templateId === ALL_TEMPLATES) return { kind: 'withdrawal-of-all', of: 'data' };
  if (templateId === ALL_OPTIONS_TEMPLATES) return { kind: 'withdrawal-of-all', of: 'options' };
  return { kind: 'withdrawal', templateId };
}

/** Code units of the template that is being read: two a field, four with an enterprise. */
const units = new Uint16Array(MAX_TEMPLATE_FIELDS * 4);
let unitCount = 0;

const packed = (): string => String.fromCharCode(...units.subarray(0, unitCount));

/**
 * Takes the fields of a template into `units`: `type(2) length(2)`, in IPFIX with an `enterprise(4)` behind it where the type has
 * its highest bit set.
 * @returns where they end; -1 when they are not all there, are too many, or a record would have no length, so that a set
 * could hold any number of them
 */
function packFields({ view, start, end }: Span, count: number, dialect: Dialect): number {
  if (count > MAX_TEMPLATE_FIELDS || start + count * 4 > end) return -1;
  let at = start;
  let hasLength = false;
  unitCount = 0;
  for (let i = 0; i < count; i += 1) {
    const type = at + 4 > end ? 0 : view.getUint16(at);
    const bytes = dialect === 'ipfix' && type >= ENTERPRISE_BIT ? 8 : 4;
    if (at + bytes > end) return -1;
    hasLength ||= view.getUint16(at + 2) > 0;
    for (let unitAt = at; unitAt < at + bytes; unitAt += 2) {
      units[unitCount] = view.getUint16(unitAt);
      unitCount += 1;
    }
    at += bytes;
  }
  return hasLength ? at : -1;
}
