import { StoreError } from './port.ts';
import { type SqlToken, SqlTextError, tokenizeSql } from './sql-tokens.ts';

const READING = new Set(['select', 'with', 'show', 'describe', 'desc', 'exists', 'explain']);

/** ClickHouse's own error codes, which clients know. */
const SYNTAX_ERROR = 62;
const READONLY = 164;

/** Table functions that make rows of nothing, or of tables of the store. */
const HARMLESS_TABLE_FUNCTIONS = new Set(
  [
    'format',
    'generateRandom',
    'generateSeries',
    'generate_series',
    'merge',
    'null',
    'numbers',
    'numbers_mt',
    'values',
    'view',
    'viewIfPermitted',
    'zeros',
    'zeros_mt',
  ].map((name) => name.toLowerCase()),
);

/** Functions of expressions that read files or call out; the engine's read-only mode lets them pass. */
const HARMFUL_FUNCTIONS = [
  'file',
  'catboostEvaluate',
  'aiClassify',
  'aiEmbed',
  'aiExtract',
  'aiGenerate',
  'aiTranslate',
];

/** What a statement must not call, given all table functions that the engine has. */
export const harmfulFunctions = (tableFunctions: Iterable<string>): ReadonlySet<string> =>
  new Set(
    [...tableFunctions, ...HARMFUL_FUNCTIONS]
      .map((name) => name.toLowerCase())
      .filter((name) => !HARMLESS_TABLE_FUNCTIONS.has(name)),
  );

/** A statement that passed the check. */
export interface ReadingStatement {
  /** Without the semicolon at its end. */
  readonly sql: string;
  /** The format it asks for itself. */
  readonly format: string | undefined;
}

/**
 * Lets one reading statement pass: no second statement, no `INTO OUTFILE`, no call of a function that reaches files or
 * the network. The engine's read-only mode stands behind this check, for what it knows to refuse.
 * @throws StoreError with ClickHouse's code for a syntax error or for read-only mode
 */
export function checkReading(sql: string, harmful: ReadonlySet<string>): ReadingStatement {
  const tokens = readTokens(sql);
  while (isSign(tokens.at(-1), ';')) tokens.pop();
  const last = tokens.at(-1);
  if (!last) throw refuse(SYNTAX_ERROR, 'empty query');
  if (tokens.some((token) => isSign(token, ';'))) {
    throw refuse(SYNTAX_ERROR, 'one statement at a time: there is more after the semicolon');
  }
  const first = tokens.find((token) => !isSign(token, '('));
  if (!first || first.kind !== 'word' || !READING.has(first.text.toLowerCase())) {
    throw refuse(READONLY, `only reading is possible here (${[...READING].join(', ').toUpperCase()})`);
  }
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (isWord(token, 'into') && next && isWord(next, 'outfile')) {
      throw refuse(READONLY, 'INTO OUTFILE would write a file');
    }
    // `* APPLY(f)` and `* APPLY f` call f, too.
    const called = isSign(next, '(') || isApplied(tokens, index);
    if (called && isName(token) && harmful.has(token.text.toLowerCase())) {
      throw refuse(READONLY, `${token.text}() reaches beyond the store`);
    }
  });
  const beforeLast = tokens.at(-2);
  return {
    sql: sql.slice(0, last.end),
    format: beforeLast && isWord(beforeLast, 'format') && isName(last) ? last.text : undefined,
  };
}

function readTokens(sql: string): SqlToken[] {
  try {
    return tokenizeSql(sql);
  } catch (error) {
    if (error instanceof SqlTextError) throw refuse(SYNTAX_ERROR, error.message);
    throw error;
  }
}

function isApplied(tokens: readonly SqlToken[], index: number): boolean {
  const before = tokens[index - 1];
  const apply = isSign(before, '(') ? tokens[index - 2] : before;
  return apply !== undefined && isWord(apply, 'apply');
}

const isName = ({ kind }: SqlToken): boolean => kind === 'word' || kind === 'identifier';
const isSign = (token: SqlToken | undefined, text: string): boolean =>
  token?.kind === 'sign' && token.text === text;
const isWord = ({ kind, text }: SqlToken, word: string): boolean =>
  kind === 'word' && text.toLowerCase() === word;
const refuse = (code: number, message: string): StoreError =>
  new StoreError(message, { code, retriable: false });
