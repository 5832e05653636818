import type { Flow } from '@fairlead/model';
import { decodeNetflow } from './decode.ts';
import type { DecodeContext, Decoded } from './decoded.ts';
import { elementOf, fieldName, type FieldValue, fieldValue } from './field-value.ts';
import { type Template, VARIABLE_LENGTH, variableEnd } from './template.ts';

/** A data record with all its fields; a field that comes several times has a list of values. */
export type DataRecord = {
  /** Template id; 0 in v1, v5 and v7, which have none. */
  readonly template: number;
  /** By IANA's names; `element_<number>` and `element_<enterprise>_<number>` where there is none. */
  readonly fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>;
} & ({ readonly kind: 'flow'; readonly flow: Flow } | { readonly kind: 'options' });

export interface DecodedRecords extends Decoded {
  /** Flows and options data, in the order of the datagram. */
  readonly records: readonly DataRecord[];
}

/** Decodes a datagram as `decodeNetflow` does, and shows every field of every data record of it. Never throws. */
export function decodeRecords(datagram: Uint8Array, context: DecodeContext): DecodedRecords {
  const records: DataRecord[] = [];
  const decoded = decodeNetflow(datagram, context, (view, at, template, flow) => {
    const common = { template: template.id, fields: readFields(view, at, template) };
    records.push(flow ? { kind: 'flow', ...common, flow } : { kind: 'options', ...common });
  });
  return { ...decoded, records };
}

function readFields(view: DataView, recordAt: number, template: Template): DataRecord['fields'] {
  const fields = new Map<string, FieldValue | readonly FieldValue[]>();
  let at = recordAt;
  for (const field of template.fields) {
    let end = at + field.lengthBytes;
    if (field.lengthBytes === VARIABLE_LENGTH) {
      end = variableEnd(view, at);
      at += view.getUint8(at) < 255 ? 1 : 3;
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, end - at);
    const name = fieldName(field);
    const value = fieldValue(bytes, elementOf(field)?.type ?? (field.name ? 'unsigned32' : undefined));
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [before, value].flat());
    at = end;
  }
  return Object.fromEntries(fields);
}
