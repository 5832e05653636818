import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { decodeBody, encodeBody } from './http-encoding.ts';
import { describeError, refusal, SYNTAX_ERROR, TOO_LARGE } from './http-refusals.ts';
import type { Component, Telemetry } from '@fairlead/runtime';
import { reviseNative } from './native-blocks.ts';
import { type QueryResult, StoreError, type TelemetryStore } from './port.ts';
import { readQueryParameters } from './query-parameters.ts';
import { checkDatabase, checkParameters, parametersOfQuery } from './request-parameters.ts';

const MAX_STATEMENT_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 10_000;

export interface StoreHttpServer extends Component {
  /** Address that it listens on, after start(). */
  url(): string;
}

/**
 * The ClickHouse HTTP interface, reading part, so that `clickhouse-client` libraries, Grafana and curl can ask the
 * embedded store: https://clickhouse.com/docs/interfaces/http
 */
export function createStoreHttpServer(
  config: { readonly host: string; readonly port: number },
  { store, telemetry }: { readonly store: TelemetryStore; readonly telemetry: Telemetry },
): StoreHttpServer {
  const log = telemetry.log.child({ service: 'store-http' });
  let server: Server | undefined;
  return {
    name: 'store-http',
    url: () => addressOf(server),
    async start() {
      server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
        void answer(request, response, store).catch((error: unknown) => {
          log.warn({ err: error }, 'request failed');
          response.destroy();
        });
      });
      await listen(server, config);
    },
    async stop() {
      const closing = server;
      if (!closing?.listening) return;
      await new Promise<void>((resolve) => {
        closing.close(() => {
          resolve();
        });
        closing.closeAllConnections();
      });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  store: TelemetryStore,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://store');
  if (!isForUs(request)) {
    sendText(response, 403, 'this address is for programs on the same machine\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
    response.setHeader('allow', 'GET, HEAD, POST');
    sendText(response, 405, 'GET or POST\n');
  } else if (url.pathname === '/ping') {
    sendText(response, 200, 'Ok.\n');
  } else if (url.pathname !== '/') {
    sendText(response, 404, `There is no handle ${url.pathname}\n\nUse / or /ping.\n`);
  } else {
    await answerQuery(request, response, { store, parameters: url.searchParams });
  }
}

async function answerQuery(
  request: IncomingMessage,
  response: ServerResponse,
  { store, parameters }: { readonly store: TelemetryStore; readonly parameters: URLSearchParams },
): Promise<void> {
  try {
    checkParameters(parameters);
    checkDatabase(headerOf(request, 'x-clickhouse-database') ?? '');
    const sent = await readBody(request);
    const sql = [parameters.get('query') ?? '', sent].filter((part) => part !== '').join('\n');
    if (sql === '' && request.method !== 'POST') {
      sendText(response, 200, 'Ok.\n');
      return;
    }
    const asked = parameters.get('default_format') ?? headerOf(request, 'x-clickhouse-format');
    const bound = readQueryParameters(sql, parametersOfQuery(parameters));
    const isBound = Object.keys(bound).length > 0;
    const result = await store.query(sql, asked, isBound ? bound : undefined);
    const isCompressible = parameters.get('enable_http_compression') === '1';
    const body = revise(result, parameters);
    const encoded = await encodeBody(body, isCompressible ? request.headers['accept-encoding'] : '');
    response.writeHead(200, {
      'content-type': contentTypeOf(result.format),
      'content-length': encoded.body.byteLength,
      ...(encoded.encoding !== undefined && { 'content-encoding': encoded.encoding }),
      'x-clickhouse-format': result.format,
      'x-clickhouse-query-id': queryIdOf(parameters),
      'x-clickhouse-server-display-name': 'fairlead',
      'x-clickhouse-timezone': 'UTC',
    });
    response.end(encoded.body);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { code, status, text } = describeError(error);
    response.setHeader('x-clickhouse-exception-code', code);
    sendText(response, status, text);
  }
}

const queryIdOf = (parameters: URLSearchParams): string =>
  (parameters.get('query_id') ?? randomUUID()).replaceAll(/[^\w:.-]/g, '');

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** What the client reads: drivers in Go and C++ ask for the format Native of a later revision. */
function revise({ body, format }: QueryResult, parameters: URLSearchParams): Uint8Array {
  if (format.toLowerCase() !== 'native') return body;
  return reviseNative(body, Number(parameters.get('client_protocol_version') ?? 0));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_STATEMENT_BYTES) {
      throw refusal(TOO_LARGE, `the statement is longer than ${MAX_STATEMENT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const body = await decodeBody(
    Buffer.concat(chunks),
    request.headers['content-encoding'],
    MAX_STATEMENT_BYTES,
  );
  if (!body) throw refusal(TOO_LARGE, 'the body is not what its Content-Encoding says, or too long');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw refusal(SYNTAX_ERROR, 'the statement is not UTF-8');
  }
}

/**
 * A web page on another site can make a browser on this machine ask us, under that site's name (DNS rebinding). So a
 * request over loopback must come under an address or the name localhost.
 */
function isForUs(request: IncomingMessage): boolean {
  const local = request.socket.localAddress ?? '';
  if (!/^(?:::ffff:)?127\.|^::1$/.test(local)) return true;
  const name = (request.headers.host ?? 'localhost').replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}

function contentTypeOf(format: string): string {
  if (/^JSON.*(?:EachRow|Lines)/i.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (/^JSON/i.test(format)) return 'application/json; charset=UTF-8';
  if (/^CSV/i.test(format)) return 'text/csv; charset=UTF-8';
  if (/^(?:TSV|TabSeparated)/i.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  if (/^(?:Pretty|Vertical|Markdown|XML|SQLInsert|Values)/i.test(format)) return 'text/plain; charset=UTF-8';
  return 'application/octet-stream';
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=UTF-8',
    connection: status < 300 ? 'keep-alive' : 'close',
  });
  response.end(text);
}

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new Error(
              `store-http: ${host}:${port} is taken by another process; stop it or set store.http.port`,
              { cause },
            )
          : cause,
      );
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
}

function addressOf(server: Server | undefined): string {
  const address = server?.address() as AddressInfo | null | undefined;
  if (!address) return '';
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
