import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Topic, topics } from '@fairlead/topics';
import { type ProtoField, type ProtoSchema, readProto } from './proto-schema.ts';
import { quoteText } from './sql-text.ts';

const SCHEMA_FOLDER = resolve(import.meta.dirname, '../../../schemas/fairlead/v1');

/** One column and how it is made of the field of the record. */
export interface Column {
  readonly name: string;
  readonly expression: string;
}

/** How the records of a topic become the rows of a table. */
export interface Table {
  readonly name: string;
  /** Name of the protobuf message. */
  readonly message: string;
  /** The .proto file, by path and by text. */
  readonly protoFile: string;
  readonly protoText: string;
  /** What ClickHouse reads the message as: `time_ms Int64, router String, …`. */
  readonly structure: string;
  readonly columns: readonly Column[];
  /** The expression that the table is partitioned by, over the fields of the record. */
  readonly partitionOfRecord: string;
  /** The same over the columns of the table, as in its DDL. */
  readonly partitionOfRow: string;
}

type Partition = 'toYYYYMMDD' | 'toYYYYMM';

const definitions: readonly (readonly [
  topic: Pick<Topic<unknown>, 'name' | 'schema'>,
  table: string,
  by: Partition,
])[] = [
  [topics.flows, 'flows', 'toYYYYMMDD'],
  [topics.syslog, 'syslog', 'toYYYYMMDD'],
  [topics.counters, 'counters', 'toYYYYMMDD'],
  [topics.sensors, 'sensors', 'toYYYYMM'],
  [topics.routerState, 'router_state', 'toYYYYMMDD'],
  [topics.wanUtilisation, 'wan_utilisation', 'toYYYYMM'],
  [topics.wanReconciliation, 'wan_reconciliation', 'toYYYYMM'],
  [topics.wanEvents, 'wan_events', 'toYYYYMM'],
  [topics.decisions, 'decisions', 'toYYYYMM'],
  [topics.actuations, 'actuations', 'toYYYYMM'],
  [topics.actuationEffects, 'actuation_effects', 'toYYYYMM'],
  [topics.orders, 'orders', 'toYYYYMM'],
  [topics.deadLetter, 'dead_letters', 'toYYYYMM'],
];

const SCALARS: Readonly<Record<string, string>> = {
  string: 'String',
  bytes: 'String',
  bool: 'Bool',
  double: 'Float64',
  int64: 'Int64',
  uint64: 'UInt64',
  uint32: 'UInt32',
};

/** Fields that are Unix milliseconds, and the names that they have as DateTime64. */
const TIMES: Readonly<Record<string, string>> = {
  time_ms: 'time',
  start_ms: 'start_time',
  end_ms: 'end_time',
  until_ms: 'until_time',
  device_time_ms: 'device_time',
};

const isAddress = ({ name, type }: ProtoField): boolean => type === 'bytes' && name !== 'value';

/** The stored topics and their tables. Structure and columns follow from the .proto files. */
export const tables: ReadonlyMap<string, Table> = new Map(
  definitions.map(([{ name: topic, schema: record }, name, by]) => {
    const { file, message } = record;
    const protoFile = resolve(SCHEMA_FOLDER, file);
    const protoText = readFileSync(protoFile, 'utf8');
    const schema = readProto(protoText);
    const fields = schema.messages.get(message) ?? [];
    const columns = fields.map((field) => toColumn(field, schema));
    const time = columns.find((column) => column.name === 'time')?.expression ?? '';
    const table: Table = {
      name,
      message,
      protoFile,
      protoText,
      structure: structureOf(fields, schema),
      columns,
      partitionOfRecord: `${by}(${time})`,
      partitionOfRow: `${by}(time)`,
    };
    return [topic, table];
  }),
);

/** Names of the topics that have a table. */
export const storedTopics: readonly string[] = [...tables.keys()];

function structureOf(fields: readonly ProtoField[], schema: ProtoSchema): string {
  return fields.map((field) => `\`${field.name}\` ${typeOf(field, schema)}`).join(', ');
}

function typeOf(field: ProtoField, schema: ProtoSchema): string {
  const { type, label } = field;
  const nested = schema.messages.get(type);
  // An enum is read as a number, so that a value which this program does not know yet is not an error.
  const scalar = schema.enums.has(type) ? 'Int32' : isAddress(field) ? 'FixedString(16)' : SCALARS[type];
  const base = nested ? `Tuple(${structureOf(nested, schema)})` : scalar;
  if (base === undefined) throw new Error(`no ClickHouse type for ${type} ${field.name}`);
  if (label === 'repeated') return `Array(${base})`;
  return label === 'optional' ? `Nullable(${base})` : base;
}

function toColumn(field: ProtoField, schema: ProtoSchema): Column {
  const { name, type, label } = field;
  const time = TIMES[name];
  if (time !== undefined) return { name: time, expression: `fromUnixTimestamp64Milli(\`${name}\`, 'UTC')` };
  if (isAddress(field)) {
    const target = label === 'optional' ? 'Nullable(IPv6)' : 'IPv6';
    return { name, expression: `CAST(\`${name}\` AS ${target})` };
  }
  const values = schema.enums.get(type);
  return { name, expression: values ? labelOf(name, type, values) : `\`${name}\`` };
}

/** `OUTCOME_DRY_RUN` is shown as `dry-run`, a number without a name as itself. */
function labelOf(field: string, type: string, values: ReadonlyMap<number, string>): string {
  const prefix = `${type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  const labels = [...values.values()].map((name) =>
    quoteText(name.slice(prefix.length).toLowerCase().replaceAll('_', '-')),
  );
  const numbers = [...values.keys()];
  return `transform(\`${field}\`, [${numbers.join(', ')}], [${labels.join(', ')}], toString(\`${field}\`))`;
}
