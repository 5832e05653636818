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
    const units: number[] = [];
    const fieldsEnd = readUnits({ view, start: at, end }, fieldCount, dialect, units);
    if (fieldsEnd < 0 || templateId < FIRST_TEMPLATE) {
      yield { kind: 'bad-template', templateId };
      return;
    }
    const packedFields = String.fromCharCode(...units);
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
    const units: number[] = [];
    const fieldsEnd =
      scopeCount <= fieldCount ? readUnits({ view, start: at, end }, fieldCount, dialect, units) : -1;
    if (fieldsEnd < 0 || templateId < FIRST_TEMPLATE) {
      yield { kind: 'bad-template', templateId };
      return;
    }
    const packedFields = String.fromCharCode(...units);
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

/**
 * Appends the fields of a template as they stand there: `type(2) length(2)`, in IPFIX with an `enterprise(4)` behind it where
 * the type has its highest bit set.
 * @returns where they end; -1 when they are not all there, are too many, or a record would have no length, so that a set
 * could hold any number of them
 */
function readUnits({ view, start, end }: Span, count: number, dialect: Dialect, units: number[]): number {
  if (count > MAX_TEMPLATE_FIELDS || start + count * 4 > end) return -1;
  let at = start;
  let hasLength = false;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > end) return -1;
    const type = view.getUint16(at);
    const lengthBytes = view.getUint16(at + 2);
    units.push(type, lengthBytes);
    hasLength ||= lengthBytes > 0;
    at += 4;
    if (dialect === 'v9' || type < ENTERPRISE_BIT) continue;
    if (at + 4 > end) return -1;
    units.push(view.getUint16(at), view.getUint16(at + 2));
    at += 4;
  }
  return hasLength ? at : -1;
}
