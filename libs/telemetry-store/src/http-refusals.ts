import { StoreError } from './port.ts';

/** Codes of ClickHouse, for what is refused before the engine sees it. */
export const NOT_IMPLEMENTED = 48;
export const UNKNOWN_DATABASE = 81;
export const READONLY = 164;
export const TOO_LARGE = 307;
export const SYNTAX_ERROR = 62;

/** As ClickHouse maps its codes; what is not listed is the caller's mistake. */
const STATUS: Readonly<Record<number, number>> = {
  [NOT_IMPLEMENTED]: 501,
  60: 404, // UNKNOWN_TABLE
  [UNKNOWN_DATABASE]: 404,
  159: 408, // TIMEOUT_EXCEEDED
  [READONLY]: 403,
  202: 503, // TOO_MANY_SIMULTANEOUS_QUERIES
  241: 500, // MEMORY_LIMIT_EXCEEDED
  [TOO_LARGE]: 413,
};

/** Names of the codes that are ours to give; clients read the code only where its name stands at the end. */
const NAMES: Readonly<Record<number, string>> = {
  [NOT_IMPLEMENTED]: 'NOT_IMPLEMENTED',
  [SYNTAX_ERROR]: 'SYNTAX_ERROR',
  [UNKNOWN_DATABASE]: 'UNKNOWN_DATABASE',
  [READONLY]: 'READONLY',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  [TOO_LARGE]: 'TOO_MANY_BYTES',
  457: 'BAD_QUERY_PARAMETER',
};

/** A refusal before the engine sees the statement. */
export const refusal = (code: number, message: string): StoreError =>
  new StoreError(message, { code, retriable: false });

/** Status and text of an answer that tells of an error, as ClickHouse words it. */
export function describeError(error: StoreError): {
  readonly code: number;
  readonly status: number;
  readonly text: string;
} {
  const code = error.code ?? 0;
  return {
    code,
    status: STATUS[code] ?? (code === 0 ? 500 : 400),
    text: `Code: ${code}. DB::Exception: ${withName(error.message, code)}\n`,
  };
}

function withName(message: string, code: number): string {
  const name = NAMES[code];
  return name === undefined || /\([A-Z_]+\)\s*$/.test(message) ? message : `${message}. (${name})`;
}
