import { StoreError } from './port.ts';
import { quoteText } from './sql-text.ts';
import { type SqlToken, tokenizeSql } from './sql-tokens.ts';

/** Where a replicated schema lives. */
export interface Cluster {
  /** Name in `remote_servers` of the servers. */
  readonly name: string;
  readonly database: string;
}

/** What stands before the name in the statements of migrations. */
const HEADS = [
  ['CREATE', 'TABLE'],
  ['CREATE', 'TABLE', 'IF', 'NOT', 'EXISTS'],
  ['CREATE', 'OR', 'REPLACE', 'VIEW'],
  ['CREATE', 'VIEW', 'IF', 'NOT', 'EXISTS'],
  ['CREATE', 'MATERIALIZED', 'VIEW', 'IF', 'NOT', 'EXISTS'],
  ['CREATE', 'DATABASE', 'IF', 'NOT', 'EXISTS'],
  ['ALTER', 'TABLE'],
  ['DROP', 'TABLE', 'IF', 'EXISTS'],
  ['DROP', 'VIEW', 'IF', 'EXISTS'],
] as const;

/** Settings that have another name where tables are replicated. */
const RENAMED: Readonly<Record<string, string>> = {
  non_replicated_deduplication_window: 'replicated_deduplication_window',
};

/**
 * The statement of a migration as every server of a cluster has to run it: `ON CLUSTER`, tables of the MergeTree family
 * replicated. The servers say who they are by the macros `{shard}` and `{replica}`.
 * @throws StoreError for a statement of a kind that has no translation yet
 */
export function onCluster(statement: string, { name, database }: Cluster): string {
  const tokens = tokenizeSql(statement);
  const subject = tokens[headOf(tokens, statement)];
  if (!subject) throw untranslated(statement);
  const edits: Edit[] = [{ at: subject.end, until: subject.end, text: ` ON CLUSTER ${quoteText(name)}` }];
  for (const [index, { kind, text, start, end }] of tokens.entries()) {
    if (kind !== 'word') continue;
    const renamed = RENAMED[text];
    if (renamed !== undefined) edits.push({ at: start, until: end, text: renamed });
    if (!isEngine(tokens, index)) continue;
    if (!/^\w*MergeTree$/.test(text) || text.startsWith('Replicated')) throw untranslated(statement);
    const path = `/clickhouse/tables/{shard}/${database}/${subject.text}`;
    const place = `${quoteText(path)}, '{replica}'`;
    const opening = tokens[index + 1];
    const hasArguments = opening?.text === '(' && tokens[index + 2]?.text !== ')';
    const replicated = opening?.text === '(' ? `(${place}${hasArguments ? ', ' : ''}` : `(${place})`;
    edits.push({
      at: start,
      until: opening?.text === '(' ? opening.end : end,
      text: `Replicated${text}${replicated}`,
    });
  }
  return apply(statement, edits);
}

interface Edit {
  readonly at: number;
  readonly until: number;
  readonly text: string;
}

function apply(statement: string, edits: readonly Edit[]): string {
  let from = 0;
  let out = '';
  for (const { at, until, text } of edits.toSorted((a, b) => a.at - b.at)) {
    out += statement.slice(from, at) + text;
    from = until;
  }
  return out + statement.slice(from);
}

/** How many tokens stand before the name. The longest head counts: a table may not be called IF. */
function headOf(tokens: readonly SqlToken[], statement: string): number {
  const fitting = HEADS.filter((head) =>
    head.every((word, index) => tokens[index]?.kind === 'word' && tokens[index].text.toUpperCase() === word),
  );
  const longest = Math.max(0, ...fitting.map(({ length }) => length));
  if (longest === 0) throw untranslated(statement);
  return longest;
}

/** `ENGINE = this` */
const isEngine = (tokens: readonly SqlToken[], index: number): boolean =>
  tokens[index - 1]?.text === '=' && tokens[index - 2]?.text.toUpperCase() === 'ENGINE';

const untranslated = (statement: string): StoreError =>
  new StoreError(`no translation for a cluster of: ${statement.slice(0, 80)}`, { retriable: false });
