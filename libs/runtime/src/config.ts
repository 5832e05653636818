import { readFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { z } from 'zod';

/** Where a configuration was read from, and its text. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
}

/** What is wrong with a configuration: one line each, `file:line:column: what is wrong; what would be right`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a YAML configuration by a schema. `${NAME}` in a text is taken from the environment.
 * @throws ConfigError with every problem and its position
 */
export async function loadConfig<S extends z.ZodType>(
  schema: S,
  source: string | ConfigSource,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<z.infer<S>> {
  const { file, text } = typeof source === 'string' ? await readSource(source) : source;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split('\n')[0]}`),
    );
  }
  const missing = substituteEnvironment(document, environment, at);
  if (missing.length > 0) throw new ConfigError(missing);
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.flatMap((issue) =>
      describe(issue, schema).map(
        ({ path, atKey, text: what }) => `${at(offsetOf(document, path, atKey ?? false))}: ${what}`,
      ),
    ),
  );
}

async function readSource(file: string): Promise<ConfigSource> {
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new ConfigError([`${file}:1:1: cannot read the configuration: ${why}`]);
  }
}

function substituteEnvironment(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
  at: (offset: number) => string,
): string[] {
  const problems: string[] = [];
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name: string) => {
        const value = environment[name];
        if (value !== undefined) return value;
        problems.push(
          `${at(node.range?.[0] ?? 0)}: environment variable ${name} is not set; set it, or write the value here`,
        );
        return '';
      });
    },
  });
  return problems;
}

type Issue = z.core.$ZodIssue;

interface Finding {
  readonly path: readonly PropertyKey[];
  /** The key itself is wrong, not its value. */
  readonly atKey?: boolean;
  readonly text: string;
}

function describe(issue: Issue, schema: z.ZodType): Finding[] {
  const where = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      atKey: true,
      text: `${where}unknown key "${key}"${suggestion(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const nearest = [...issue.errors].sort((a, b) => deepest(b) - deepest(a))[0]?.[0];
    if (nearest && nearest.path.length > 0) {
      return describe({ ...nearest, path: [...issue.path, ...nearest.path] }, schema);
    }
  }
  return [{ path: [...issue.path], text: `${where}${plainly(issue.message)}` }];
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
};

/** What zod says of a wrong type or word, as somebody understands it who writes YAML. */
function plainly(message: string): string {
  const [, wanted = '', found = ''] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (found === 'undefined') return `missing; expected ${TYPES[wanted] ?? wanted}`;
  if (found !== '') return `expected ${TYPES[wanted] ?? wanted}, found ${TYPES[found] ?? found}`;
  return message.replace(/^Invalid (?:input|option): (?=expected )/, '').replaceAll('"|"', '", "');
}

const deepest = (issues: readonly Issue[]): number =>
  Math.max(0, ...issues.map((issue) => issue.path.length));

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let json: JsonSchema | undefined = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  for (const step of path) {
    json = typeof step === 'number' ? json?.items : withProperties(json)?.properties?.[String(step)];
  }
  return Object.keys(withProperties(json)?.properties ?? {});
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const withProperties = (json: JsonSchema | undefined): JsonSchema | undefined =>
  json?.properties ? json : json?.anyOf?.find((option) => option.properties !== undefined);

function suggestion(key: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest && nearest.distance <= Math.max(2, key.length / 3))
    return `; did you mean "${nearest.candidate}"?`;
  return known.length > 0 ? `; known here: ${known.join(', ')}` : '';
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replace));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Offset of the value (or key) at a path; of the nearest parent when it is not there. */
function offsetOf(document: Document, path: readonly PropertyKey[], atKey: boolean): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (!pair) return offset;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      offset =
        (!atKey && index === path.length - 1 && isScalar(value) ? value.range?.[0] : key.range?.[0]) ??
        offset;
      node = value;
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null;
      offset = node?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
