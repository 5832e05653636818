import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Session } from 'chdb';
import { quoteText } from '../sql-text.ts';

export interface ClickhouseStandIn {
  readonly url: string;
  close(): Promise<void>;
}

/** Parameters of a request that are not settings of its statement. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'readonly',
  'wait_end_of_query',
]);

/**
 * Stands in for a ClickHouse server: its HTTP interface as far as the store uses it, writing included, before the same
 * engine. What a server of its own adds (users, replicas, time-outs) is not shown by it.
 */
export async function startClickhouseStandIn(options: {
  readonly directory: string;
  /** 0 (default) takes a free one. */
  readonly port?: number;
  /** Told of every request. */
  readonly onRequest?: (url: URL) => void;
}): Promise<ClickhouseStandIn> {
  const bodies = join(options.directory, 'bodies');
  await rm(bodies, { recursive: true, force: true });
  await mkdir(bodies, { recursive: true });
  const engine = new Session(join(options.directory, 'engine'));
  let files = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One statement after the other: the session remembers the database. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };

  async function serve(request: IncomingMessage): Promise<Uint8Array> {
    const url = new URL(request.url ?? '/', 'http://server');
    options.onRequest?.(url);
    const body = await buffer(request);
    const query = url.searchParams.get('query');
    const database = url.searchParams.get('database') ?? 'default';
    const format = url.searchParams.get('default_format') ?? 'TabSeparated';
    const file = join(bodies, `${(files += 1)}.pb`);
    if (query !== null) await writeFile(file, body);
    const sql = query === null ? body.toString() : insertFrom(file, query, url.searchParams);
    try {
      return await inTurn(async () => {
        await engine.queryAsync(`USE ${database}`);
        return (await engine.queryAsync(sql, { format })).bytes();
      });
    } finally {
      await rm(file, { force: true });
    }
  }

  const server = createServer((request, response) => {
    serve(request).then(
      (body) => response.end(body),
      (error: unknown) => {
        const code = (error as { readonly clickhouseCode?: number }).clickhouseCode ?? 0;
        response.writeHead(500, { 'X-ClickHouse-Exception-Code': code });
        response.end(`Code: ${code}. DB::Exception: ${(error as Error).message} (SOME_ERROR)`);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await last;
      engine.close();
    },
  };
}

/** The engine takes binary data from a file only, so the body of a request becomes one. */
function insertFrom(file: string, query: string, parameters: URLSearchParams): string {
  const settings = [...parameters].filter(([name]) => !NOT_SETTINGS.has(name));
  const sql = query
    .replace(/ FORMAT (\w+)$/, '')
    .replace(/input\(('(?:[^'\\]|\\.)*')\)/, `file(${quoteText(file)}, 'Protobuf', $1)`);
  return `${sql} SETTINGS ${settings.map(([name, value]) => `${name} = ${quoteText(value)}`).join(', ')}`;
}
