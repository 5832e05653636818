/** A field of a message, as far as a table needs to know it. */
export interface ProtoField {
  readonly name: string;
  /** Scalar type of protobuf, or the name of a message or enum of the same file. */
  readonly type: string;
  readonly label: 'singular' | 'optional' | 'repeated';
}

/** The messages and enums of one .proto file. */
export interface ProtoSchema {
  readonly messages: ReadonlyMap<string, readonly ProtoField[]>;
  /** Names of the values by their numbers. */
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

const FIELD = /^(?:(optional|repeated) )?(\w+) (\w+) = \d+(?: \[[^\]]*\])?;$/;
const VALUE = /^(\w+) = (\d+);$/;
const OPEN = /^(message|enum) (\w+) \{$/;
const FILE_LEVEL = /^(?:syntax = "proto3"|package [\w.]+);$/;

/**
 * Reads the subset of proto3 that schemas/fairlead uses: flat messages and enums, a line for each field.
 * @throws Error on any other line, so that a schema is never read by half
 */
export function readProto(text: string): ProtoSchema {
  const messages = new Map<string, ProtoField[]>();
  const enums = new Map<string, Map<number, string>>();
  let fields: ProtoField[] | undefined;
  let values: Map<number, string> | undefined;
  for (const line of text.split('\n').map((raw) => raw.replace(/\/\/.*$/, '').trim())) {
    const open = OPEN.exec(line);
    const field = FIELD.exec(line);
    const value = VALUE.exec(line);
    if (line === '') continue;
    if (open?.[1] === 'message') {
      fields = [];
      messages.set(open[2] ?? '', fields);
    } else if (open) {
      values = new Map();
      enums.set(open[2] ?? '', values);
    } else if (line === '}') fields = values = undefined;
    else if (values && value) values.set(Number(value[2]), value[1] ?? '');
    else if (fields && field) {
      const label = field[1] as 'optional' | 'repeated' | undefined;
      fields.push({ name: field[3] ?? '', type: field[2] ?? '', label: label ?? 'singular' });
    } else if (fields || values || !FILE_LEVEL.test(line)) {
      throw new Error(`cannot read this line of a .proto file: ${line}`);
    }
  }
  return { messages, enums };
}
