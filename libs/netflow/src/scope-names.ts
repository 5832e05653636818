import type { TemplateField } from './template.ts';

/** Scopes of v9 options data (RFC 3954 section 6.1); their numbers are no information elements. */
const scopes: ReadonlyMap<number, string> = new Map([
  [1, 'scope_system'],
  [2, 'scope_interface'],
  [3, 'scope_line_card'],
  [4, 'scope_cache'],
  [5, 'scope_template'],
]);

export const nameScope = (field: TemplateField): TemplateField => ({
  ...field,
  name: scopes.get(field.type) ?? `scope_${field.type}`,
});
