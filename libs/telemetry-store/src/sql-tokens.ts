/** A piece of an SQL text that means something; white space and comments are left out. */
export interface SqlToken {
  readonly kind: 'word' | 'identifier' | 'text' | 'number' | 'sign';
  /** As written; for an identifier, what stands between its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The text has something in it whose reading is not certain. */
export class SqlTextError extends Error {
  override readonly name = 'SqlTextError';
}

const SPACE = /[ \t\r\n]+/y;
const LINE_COMMENT = /--[^\n]*/y;
const BLOCK_COMMENT = /\/\*[^]*?\*\//y;
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /\d\w*(?:\.\d\w*)?/y;
const TEXT = /'[^'\\]*(?:(?:''|\\[^])[^'\\]*)*'/y;
const IDENTIFIER = /`[^`\\]*(?:``[^`\\]*)*`|"[^"\\]*(?:""[^"\\]*)*"/y;
const SIGN = /\/(?!\/)|[-+*%=<>!.,:;()[\]{}?|&^~@]/y;

/**
 * Splits ClickHouse SQL into tokens. It is there to refuse statements, so it accepts less than the engine does:
 * heredocs, `#` and `//` comments, nested comments, escapes in quoted identifiers and letters beyond ASCII outside
 * quotes are errors, because a difference to the engine's reading there would be a way around the check.
 * @throws SqlTextError
 */
export function tokenizeSql(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  while (at < sql.length) {
    const start = at;
    const comment = take(BLOCK_COMMENT);
    if (comment?.includes('/*', 2) === true) throw new SqlTextError('nested comments are not accepted');
    const skipped = take(SPACE) ?? take(LINE_COMMENT) ?? comment;
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const quoted = take(IDENTIFIER);
    const token =
      tokenOf('word', take(WORD)) ??
      tokenOf('number', take(NUMBER)) ??
      tokenOf('text', take(TEXT)) ??
      tokenOf('identifier', quoted === undefined ? undefined : unquote(quoted), quoted?.length) ??
      tokenOf('sign', take(SIGN));
    if (!token)
      throw new SqlTextError(
        `cannot read the statement at position ${start + 1}: ${sql.slice(start, start + 20)}`,
      );
    at += token.length;
    tokens.push({ kind: token.kind, text: token.text, start, end: at });
  }
  return tokens;
}

const tokenOf = <K extends SqlToken['kind']>(
  kind: K,
  text: string | undefined,
  length = text?.length ?? 0,
): { kind: K; text: string; length: number } | undefined =>
  text === undefined ? undefined : { kind, text, length };

const unquote = (quoted: string): string => {
  const quote = quoted.charAt(0);
  return quoted.slice(1, -1).replaceAll(quote + quote, quote);
};

/** The statements of a script, without the semicolons between them. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let last = 0;
  for (const token of tokenizeSql(script)) {
    if (token.text === ';' && token.kind === 'sign') {
      if (last > start) statements.push(script.slice(start, last).trim());
      start = token.end;
    }
    last = token.end;
  }
  if (last > start) statements.push(script.slice(start, last).trim());
  return statements;
}
