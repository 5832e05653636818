import { MAX_TEMPLATE_FIELDS } from './datagram-limits.ts';
import { nameScope } from './scope-names.ts';
import type { Span } from './span.ts';
import {
  compileDataTemplate,
  compileOptionsTemplate,
  type Template,
  type TemplateField,
} from './template.ts';

/** What a template set says, one template after the other. */
export type Announcement =
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'withdrawal'; readonly templateId: number }
  | { readonly kind: 'withdrawal-of-all'; readonly of: Template['kind'] }
  | { readonly kind: 'bad-template'; readonly templateId: number };

export type Dialect = 'v9' | 'ipfix';

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
    const list = readFields({ view, start: at, end }, fieldCount, dialect);
    const template =
      list && templateId >= FIRST_TEMPLATE ? compileDataTemplate(templateId, list.fields) : undefined;
    yield template ? { kind: 'template', template } : { kind: 'bad-template', templateId };
    if (!list || !template) return;
    at = list.end;
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
    const counts =
      dialect === 'ipfix'
        ? { all: first, scope: second }
        : { all: Math.floor((first + second) / 4), scope: Math.floor(first / 4) };
    const list =
      counts.scope <= counts.all ? readFields({ view, start: at, end }, counts.all, dialect) : undefined;
    const template =
      list && templateId >= FIRST_TEMPLATE
        ? compileOptionsTemplate(templateId, nameScopes(list.fields, counts.scope, dialect), counts.scope)
        : undefined;
    yield template ? { kind: 'template', template } : { kind: 'bad-template', templateId };
    if (!list || !template) return;
    at = list.end;
  }
}

function withdrawal(templateId: number): Announcement {
  if (templateId === ALL_TEMPLATES) return { kind: 'withdrawal-of-all', of: 'data' };
  if (templateId === ALL_OPTIONS_TEMPLATES) return { kind: 'withdrawal-of-all', of: 'options' };
  return { kind: 'withdrawal', templateId };
}

/** `type(2) length(2)`, in IPFIX with an `enterprise(4)` behind it where the type has its highest bit set. */
function readFields(
  { view, start, end }: Span,
  count: number,
  dialect: Dialect,
): { readonly fields: TemplateField[]; readonly end: number } | undefined {
  if (count > MAX_TEMPLATE_FIELDS || start + count * 4 > end) return undefined;
  const fields: TemplateField[] = [];
  let at = start;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > end) return undefined;
    const type = view.getUint16(at);
    const lengthBytes = view.getUint16(at + 2);
    at += 4;
    if (dialect === 'v9' || type < ENTERPRISE_BIT) {
      fields.push({ type, lengthBytes });
      continue;
    }
    if (at + 4 > end) return undefined;
    fields.push({ type: type - ENTERPRISE_BIT, lengthBytes, enterprise: view.getUint32(at) });
    at += 4;
  }
  // A list that grew has room for more; the copy, which is kept, has not.
  return { fields: fields.slice(), end: at };
}

const nameScopes = (fields: readonly TemplateField[], count: number, dialect: Dialect): TemplateField[] =>
  fields.map((field, i) => (dialect === 'v9' && i < count ? nameScope(field) : field));
