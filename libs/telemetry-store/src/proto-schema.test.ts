import { describe, expect, it } from 'vitest';
import { readProto } from './proto-schema.ts';

describe('readProto', () => {
  it('reads messages and enums', () => {
    const schema = readProto(`
      syntax = "proto3";
      package fairlead.v1;
      // A kind.
      enum Kind {
        KIND_A = 0;
        KIND_B = 7;
      }
      message Thing {
        int64 time_ms = 1 [jstype = JS_NUMBER]; // when
        optional Kind kind = 2;
        repeated string names = 3;
      }`);
    expect(schema.messages.get('Thing')).toEqual([
      { name: 'time_ms', type: 'int64', label: 'singular' },
      { name: 'kind', type: 'Kind', label: 'optional' },
      { name: 'names', type: 'string', label: 'repeated' },
    ]);
    expect(schema.enums.get('Kind')).toEqual(
      new Map([
        [0, 'KIND_A'],
        [7, 'KIND_B'],
      ]),
    );
  });

  it.each([
    'import "other.proto";',
    'message A {\n oneof x {\n }\n }',
    'message A {\n map<string, string> m = 1;\n }',
  ])('refuses what it would read by half: %s', (text) => {
    expect(() => readProto(text)).toThrow(/cannot read this line/);
  });
});
