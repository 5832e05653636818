/**
 * Writes what is derived from the code: the JSON Schema of the configuration and the reference pages.
 * `--check` writes nothing and fails when a file differs from what would be written.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { eventKinds } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { format } from 'prettier';
import { z } from 'zod';
import { asyncApiDocument, openApiDocument } from './live-documents.ts';
import { fairleadConfigSchema } from '../services/fairlead/src/config.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const ROOT = resolve(import.meta.dirname, '..');
const schema = z.toJSONSchema(fairleadConfigSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

const files: Readonly<Record<string, string>> = {
  'schemas/config.schema.json': JSON.stringify(schema),
  'schemas/live.asyncapi.json': JSON.stringify(asyncApiDocument()),
  'schemas/http.openapi.json': JSON.stringify(openApiDocument()),
  'docs/reference/config.md': configPage(),
  'docs/reference/events.md': eventsPage(),
  'docs/reference/topics.md': topicsPage(),
};

let differing = 0;
for (const [name, text] of Object.entries(files)) {
  const file = resolve(ROOT, name);
  const wanted = await format(text, { filepath: file, printWidth: 110, singleQuote: true });
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
  } else if (readOrEmpty(file) !== wanted) {
    differing += 1;
    process.stderr.write(`${name} is not what the code says; run npm run generate\n`);
  }
}
process.exitCode = differing === 0 ? 0 : 1;

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function configPage(): string {
  return `# Configuration

Every key of \`fairlead.yaml\`, from the schema that checks it. Lists are written \`key[]\`. \`\${NAME}\` in a text is taken
from the environment. For editors: \`fairlead config schema\` prints the JSON Schema.

| key | type | default | meaning |
| --- | --- | --- | --- |
${describeKeys(schema, '').join('\n')}
`;
}

function describeKeys(node: JsonSchema, path: string): string[] {
  const rows: string[] = [];
  for (const [key, value] of Object.entries(node.properties ?? {})) {
    const name = path === '' ? key : `${path}.${key}`;
    rows.push(
      `| \`${name}\` | ${cell(typeOf(value))} | ${cell(defaultOf(value, node.required?.includes(key) ?? false))} | ${cell(value.description ?? '')} |`,
    );
    for (const option of [value, ...(value.anyOf ?? []), ...(value.oneOf ?? [])]) {
      rows.push(...describeKeys(option, name));
      if (option.items) rows.push(...describeKeys(option.items, `${name}[]`));
    }
  }
  return [...new Set(rows)];
}

function defaultOf(node: JsonSchema, required: boolean): string {
  if (node.default !== undefined) return `\`${JSON.stringify(node.default)}\``;
  return required ? 'required' : '';
}

function typeOf(node: JsonSchema): string {
  const options = node.anyOf ?? node.oneOf;
  if (options) return [...new Set(options.map(typeOf))].join(' or ');
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items ? typeOf(node.items) : 'anything'}`;
  const isBounded = node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER;
  const range = isBounded ? ` ${node.minimum ?? ''}…${node.maximum}` : '';
  return `${node.type === undefined ? 'text or number' : String(node.type)}${range}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function eventsPage(): string {
  const rows = Object.entries(eventKinds).map(([kind, meaning]) => `| \`${kind}\` | ${cell(meaning)} |`);
  return `# Events

Every kind of event in the topic \`wan-events\` and the table \`wan_events\`.

| kind | meaning |
| --- | --- |
${rows.join('\n')}
`;
}

function topicsPage(): string {
  const rows = Object.values(topics).map(
    ({ name, schema: { file, message }, key, partitions, retentionMs, retentionBytes, compacted }) => {
      const kept = compacted
        ? 'the newest of each key | '
        : `${retentionMs / 86_400_000} d | ${retentionBytes / 2 ** 30} GiB`;
      return `| \`${name}\` | [${message}](../../schemas/fairlead/v1/${file}) | ${key} | ${partitions} | ${kept} |`;
    },
  );
  return `# Topics

Values are batches of length-delimited protobuf records; what has one key stays in order. \`fairlead provision\` creates them, and
says how those that exist differ from this table; it changes none.

| topic | record | key | partitions | kept for | kept of each partition |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
