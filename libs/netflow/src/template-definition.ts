import { MAX_TEMPLATE_FIELDS } from './datagram-limits.ts';
import { nameScope } from './scope-names.ts';
import {
  compileDataTemplate,
  compileOptionsTemplate,
  shortestBytes,
  type Template,
  type TemplateField,
} from './template.ts';

export type Dialect = 'v9' | 'ipfix';

/**
 * A template as it was announced, in as little memory as can be: anybody can announce any number of them, and most of those
 * are never used.
 */
export interface TemplateDefinition {
  readonly id: number;
  readonly kind: Template['kind'];
  readonly dialect: Dialect;
  /** Of options data the fields of the scope come first. */
  readonly scopeCount: number;
  readonly fieldCount: number;
  /** The fields as a template set has them, 16 bits in each code unit: one object without references, however many they are. */
  readonly packedFields: string;
}

export const dialectOf = (version: number): Dialect => (version === 9 ? 'v9' : 'ipfix');

const ENTERPRISE_BIT = 0x8000;

/**
 * Defines a template of fields that are known already.
 * @returns undefined when no template may have them: too many, or a record would have no length
 */
export function defineTemplate(
  head: Pick<TemplateDefinition, 'id' | 'kind' | 'dialect' | 'scopeCount'>,
  fields: readonly TemplateField[],
): TemplateDefinition | undefined {
  if (fields.length > MAX_TEMPLATE_FIELDS || shortestBytes(fields) === 0) return undefined;
  const units = fields.flatMap(({ type, lengthBytes, enterprise }) =>
    head.dialect === 'v9' || enterprise === undefined
      ? [type, lengthBytes]
      : [type | ENTERPRISE_BIT, lengthBytes, enterprise >>> 16, enterprise],
  );
  return { ...head, fieldCount: fields.length, packedFields: String.fromCharCode(...units) };
}

/** Makes a template ready for its data. */
export function compileTemplate(definition: TemplateDefinition): Template {
  const { id, kind, scopeCount } = definition;
  const fields = fieldsOf(definition);
  return kind === 'data' ? compileDataTemplate(id, fields) : compileOptionsTemplate(id, fields, scopeCount);
}

/** The fields of a template; scopes of v9, which are no information elements, have names. */
export function fieldsOf({
  kind,
  dialect,
  scopeCount,
  fieldCount,
  packedFields,
}: TemplateDefinition): TemplateField[] {
  const fields: TemplateField[] = [];
  let at = 0;
  for (let i = 0; i < fieldCount; i += 1) {
    const type = packedFields.charCodeAt(at);
    const lengthBytes = packedFields.charCodeAt(at + 1);
    at += 2;
    if (dialect === 'v9') {
      const field = { type, lengthBytes };
      fields.push(kind === 'options' && i < scopeCount ? nameScope(field) : field);
    } else if (type < ENTERPRISE_BIT) fields.push({ type, lengthBytes });
    else {
      const enterprise = packedFields.charCodeAt(at) * 65_536 + packedFields.charCodeAt(at + 1);
      fields.push({ type: type - ENTERPRISE_BIT, lengthBytes, enterprise });
      at += 2;
    }
  }
  return fields;
}
