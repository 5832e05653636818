import type { Flow } from '@fairlead/model';
import {
  type FieldCompiler,
  type FieldReader,
  flowFields,
  noteFields,
  type RecordNotes,
  scopeFields,
} from './record-fields.ts';

/** One field as a template announces it. */
export interface TemplateField {
  readonly type: number;
  readonly lengthBytes: number;
}

/** A template made ready: one reader for each field that we use, none for the others. */
export interface Template {
  readonly id: number;
  readonly kind: 'data' | 'options';
  /** Bytes of one record; greater than 0. */
  readonly recordBytes: number;
  /** Number of announced fields, which is what the template costs to keep. */
  readonly fieldCount: number;
  /** 4 or 6 where the address fields leave no choice, otherwise 0. */
  readonly ipVersion: 0 | 4 | 6;
  readonly flowReaders: readonly FieldReader<Flow>[];
  readonly noteReaders: readonly FieldReader<RecordNotes>[];
}

const IP_VERSION = 60;
const V4_ADDRESSES = new Set([8, 12]);
const V6_ADDRESSES = new Set([27, 28]);

/**
 * Compiles a template of data records.
 * @returns undefined when a record would have no length, so that a set could hold any number of them
 */
export function compileDataTemplate(id: number, fields: readonly TemplateField[]): Template | undefined {
  const recordBytes = totalBytes(fields);
  if (recordBytes === 0) return undefined;
  const ipVersion = onlyIpVersion(fields);
  // With the addresses of one family the version is known; what the field says could only contradict it.
  const used = ipVersion === 0 ? fields : fields.map((f) => (f.type === IP_VERSION ? { ...f, type: -1 } : f));
  return {
    id,
    kind: 'data',
    recordBytes,
    fieldCount: fields.length,
    ipVersion,
    flowReaders: compileFields(used, flowFields, 0),
    noteReaders: compileFields(used, noteFields, 0),
  };
}

/** Compiles a template of options data; the scope fields come first in a record. */
export function compileOptionsTemplate(
  id: number,
  scope: readonly TemplateField[],
  options: readonly TemplateField[],
): Template | undefined {
  const scopeBytes = totalBytes(scope);
  const recordBytes = scopeBytes + totalBytes(options);
  if (recordBytes === 0) return undefined;
  return {
    id,
    kind: 'options',
    recordBytes,
    fieldCount: scope.length + options.length,
    ipVersion: 0,
    flowReaders: [],
    noteReaders: [...compileFields(scope, scopeFields, 0), ...compileFields(options, noteFields, scopeBytes)],
  };
}

function compileFields<Target>(
  fields: readonly TemplateField[],
  compilers: ReadonlyMap<number, FieldCompiler<Target>>,
  firstOffset: number,
): FieldReader<Target>[] {
  const readers: FieldReader<Target>[] = [];
  let offset = firstOffset;
  for (const { type, lengthBytes } of fields) {
    const reader = lengthBytes === 0 ? undefined : compilers.get(type)?.(offset, lengthBytes);
    if (reader) readers.push(reader);
    offset += lengthBytes;
  }
  return readers;
}

const totalBytes = (fields: readonly TemplateField[]): number =>
  fields.reduce((sum, field) => sum + field.lengthBytes, 0);

function onlyIpVersion(fields: readonly TemplateField[]): 0 | 4 | 6 {
  const v4 = fields.some((field) => V4_ADDRESSES.has(field.type));
  const v6 = fields.some((field) => V6_ADDRESSES.has(field.type));
  if (v4 === v6) return 0;
  return v4 ? 4 : 6;
}
