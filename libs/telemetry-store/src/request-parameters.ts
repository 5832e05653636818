import { NOT_IMPLEMENTED, READONLY, refusal, UNKNOWN_DATABASE } from './http-refusals.ts';

/** What clients put before the name of a statement's own parameter. */
const PARAMETER = 'param_';

/**
 * Parameters that clients send by themselves and that change nothing here. The time of a statement is bounded by the store,
 * whatever the client would allow it.
 */
const WITHOUT_EFFECT = new Set([
  'add_http_cors_header',
  // It says which blocks of the format Native the client reads.
  'client_protocol_version',
  'enable_http_compression',
  'max_execution_time',
  'password',
  'query_id',
  'role',
  'send_progress_in_http_headers',
  // There are no sessions: no statement here leaves anything behind.
  'session_check',
  'session_id',
  'session_timeout',
  'user',
  'wait_end_of_query',
]);

/**
 * As a server with `readonly=1`: a setting cannot be changed by the caller.
 * @throws StoreError
 */
export function checkParameters(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (name === 'query' || name === 'default_format' || WITHOUT_EFFECT.has(name)) continue;
    if (name.startsWith(PARAMETER)) continue;
    if (name === 'database') {
      checkDatabase(value);
      continue;
    }
    if (name === 'readonly' && (value === '1' || value === '2')) continue;
    if (name === 'compress' || name === 'decompress') {
      if (value === '0') continue;
      throw refusal(
        NOT_IMPLEMENTED,
        `${name}=${value} asks for blocks compressed by LZ4 or ZSTD; use enable_http_compression=1 with gzip, br or deflate`,
      );
    }
    throw refusal(READONLY, `Cannot modify '${name}' setting in readonly mode`);
  }
}

/** @throws StoreError unless it is the one that there is */
export function checkDatabase(name: string): void {
  // 'default' is what clients send when their user named no database.
  if (['', 'default', 'fairlead'].includes(name)) return;
  throw refusal(UNKNOWN_DATABASE, `Database ${name} does not exist`);
}

/** The parameters of the statement itself. */
export const parametersOfQuery = (parameters: URLSearchParams): [name: string, value: string][] =>
  [...parameters]
    .filter(([name]) => name.startsWith(PARAMETER))
    .map(([name, value]) => [name.slice(PARAMETER.length), value]);
