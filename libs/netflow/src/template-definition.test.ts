import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate, defineTemplate, fieldsOf } from './template-definition.ts';
import type { TemplateField } from './template.ts';

const anyLength = fc.integer({ min: 0, max: 65_535 });
const anyIpfixField: fc.Arbitrary<TemplateField> = fc.oneof(
  fc.record({ type: fc.integer({ min: 0, max: 0x7fff }), lengthBytes: anyLength }),
  fc.record({
    type: fc.integer({ min: 0, max: 0x7fff }),
    lengthBytes: anyLength,
    enterprise: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  }),
);
const anyV9Field: fc.Arbitrary<TemplateField> = fc.record({
  type: fc.integer({ min: 0, max: 65_535 }),
  lengthBytes: anyLength,
});

const head = { id: 256, kind: 'data', scopeCount: 0 } as const;

describe('the definition of a template', () => {
  it('has every field, whatever its numbers are', () => {
    const anyDefined = fc.oneof(
      fc.tuple(fc.constant('ipfix' as const), fc.array(anyIpfixField, { maxLength: 512 })),
      fc.tuple(fc.constant('v9' as const), fc.array(anyV9Field, { maxLength: 512 })),
    );
    fc.assert(
      fc.property(anyDefined, ([dialect, fields]) => {
        const definition = defineTemplate({ ...head, dialect }, fields);
        if (fields.every(({ lengthBytes }) => lengthBytes === 0)) expect(definition).toBeUndefined();
        else {
          expect(definition && fieldsOf(definition)).toEqual(fields);
          expect(definition && compileTemplate(definition).fields).toEqual(fields);
        }
      }),
    );
  });

  it('names the scopes of v9', () => {
    const fields = [
      { type: 2, lengthBytes: 4 },
      { type: 34, lengthBytes: 4 },
    ];
    const options = { id: 256, kind: 'options', scopeCount: 1 } as const;
    const names = (dialect: 'v9' | 'ipfix') => {
      const definition = defineTemplate({ ...options, dialect }, fields);
      return definition && fieldsOf(definition).map(({ name }) => name);
    };
    expect(names('v9')).toEqual(['scope_interface', undefined]);
    expect(names('ipfix')).toEqual([undefined, undefined]);
  });

  it('is refused with more fields than a template may have', () => {
    const fields = Array.from({ length: 513 }, () => ({ type: 1, lengthBytes: 1 }));
    expect(defineTemplate({ ...head, dialect: 'v9' }, fields)).toBeUndefined();
    expect(defineTemplate({ ...head, dialect: 'v9' }, fields.slice(1))).toBeDefined();
  });
});
