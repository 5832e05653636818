import { type QueryResult, StoreError } from './port.ts';

const TIMEOUT_MS = 60_000;

/**
 * Asks a ClickHouse HTTP interface.
 * @param url its address, such as http://127.0.0.1:8123
 * @param format used when the statement names none
 * @throws StoreError
 */
export async function queryOverHttp(url: string, sql: string, format = 'TabSeparated'): Promise<QueryResult> {
  const target = new URL(url);
  target.searchParams.set('default_format', format);
  let response: Response;
  let body: Uint8Array;
  try {
    response = await fetch(target, { method: 'POST', body: sql, signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new StoreError(`the store at ${url} does not answer`, { retriable: true, cause });
  }
  if (response.ok) return { body, format: response.headers.get('x-clickhouse-format') ?? format };
  const code = Number(response.headers.get('x-clickhouse-exception-code') ?? Number.NaN);
  throw new StoreError(
    new TextDecoder()
      .decode(body)
      .trim()
      .replace(/^Code: \d+\. DB::Exception: /, ''),
    {
      code: Number.isNaN(code) ? undefined : code,
      retriable: response.status === 408 || response.status === 503,
    },
  );
}
