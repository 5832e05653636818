import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { brotliDecompressSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { createTelemetry } from '@fairlead/runtime';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChdbStore } from './chdb-store.ts';
import type { TelemetryStore } from './port.ts';
import { queryOverHttp } from './query-over-http.ts';
import { createStoreHttpServer, type StoreHttpServer } from './store-http-server.ts';

const folder = temporaryFolder('fairlead-http-');
let store: TelemetryStore;
let server: StoreHttpServer;

beforeAll(async () => {
  store = await createChdbStore({ directory: folder.path });
  await store.migrate();
  const telemetry = createTelemetry({ level: 'silent' });
  server = createStoreHttpServer({ host: '127.0.0.1', port: 0 }, { store, telemetry });
  await server.start();
});

afterAll(async () => {
  await server.stop();
  await server.stop();
  await store.close();
  folder.remove();
});

async function get(
  path: string,
  init?: RequestInit,
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(server.url() + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const ask = (sql: string) => get('/', { method: 'POST', body: sql });

describe('the HTTP interface', () => {
  it('answers /ping and /', async () => {
    expect(await get('/ping')).toMatchObject({ status: 200, text: 'Ok.\n' });
    expect(await get('/')).toMatchObject({ status: 200, text: 'Ok.\n' });
    expect((await get('/nope')).status).toBe(404);
  });

  it('takes the statement from the address, the body, or both', async () => {
    expect((await get(`/?query=${encodeURIComponent('SELECT 1 + 1')}`)).text).toBe('2\n');
    expect((await ask('SELECT count() FROM wan_utilisation;')).text).toBe('0\n');
    const both = await get(`/?query=${encodeURIComponent('SELECT')}`, { method: 'POST', body: '3' });
    expect(both.text).toBe('3\n');
  });

  it('uses the format of the statement, else the one asked for', async () => {
    const own = await get('/?default_format=CSV', {
      method: 'POST',
      body: 'SELECT 1 AS a FORMAT JSONEachRow',
    });
    expect(own.text).toBe('{"a":1}\n');
    expect(own.headers.get('content-type')).toContain('ndjson');
    expect(own.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect((await get('/?default_format=CSV', { method: 'POST', body: `SELECT 'a'` })).text).toBe('"a"\n');
    const header = {
      method: 'POST',
      body: `SELECT 'a'`,
      headers: { 'X-ClickHouse-Format': 'JSONCompactEachRow' },
    };
    expect((await get('/', header)).text).toBe('["a"]\n');
  });

  it('answers binary formats as they are', async () => {
    const result = await queryOverHttp(server.url(), `SELECT unhex('00ff0a0d80') AS b`, 'RowBinary');
    expect(Buffer.from(result.body).toString('hex')).toBe('0500ff0a0d80');
    expect(result.format).toBe('RowBinary');
  });

  it('answers Native in the blocks of a later revision, as drivers in Go and C++ ask for them', async () => {
    const ask = async (sql: string, parameters = '') => {
      const response = await fetch(`${server.url()}/?default_format=Native${parameters}`, {
        method: 'POST',
        body: sql,
      });
      const body = Buffer.from(await response.arrayBuffer());
      return { status: response.status, body };
    };
    const later = '&client_protocol_version=54460';
    expect((await ask('SELECT 7 AS seven', later)).body).toEqual(
      Buffer.from([
        1,
        0,
        2,
        255,
        255,
        255,
        255,
        0,
        1,
        1,
        5,
        ...Buffer.from('seven'),
        5,
        ...Buffer.from('UInt8'),
        0,
        7,
      ]),
    );
    expect((await ask('SELECT 7 AS seven')).body).toEqual(
      Buffer.from([1, 1, 5, ...Buffer.from('seven'), 5, ...Buffer.from('UInt8'), 7]),
    );
    expect((await ask('SELECT 7 AS seven', '&client_protocol_version=54000')).body.length).toBe(8 + 15);

    const columns = [
      'toString(number % 300) AS a',
      'toLowCardinality(toString(number % 7)) AS b',
      "CAST(if(number % 2 = 0, NULL, 'x') AS LowCardinality(Nullable(String))) AS c",
      'range(number % 5) AS d',
      'arrayMap(x -> toLowCardinality(toString(x)), range(number % 3)) AS e',
      "map('k', number, 'l', 2) AS f",
      "CAST((number, 'it''s') AS Tuple(`a b` Nullable(UInt64), c String)) AS g",
      "CAST('x)' AS Enum8('x)' = 1, 'it\\'s, (' = 2)) AS h",
      'toDecimal128(number, 3) AS i',
      "toDateTime64(number, 3, 'Asia/Yerevan') AS j",
      'toFixedString(leftPad(toString(number), 9), 9) AS k',
      'generateUUIDv4() AS l',
      "toIPv6('::1') AS m",
      'if(number % 2 = 0, NULL, toFloat32(number)) AS n',
      '[[number], []] AS o',
      'toIntervalDay(1) AS p',
      'NULL AS q',
      '[] AS r',
    ];
    const query = `SELECT ${columns.join(', ')} FROM numbers(200000)`;
    const [plain, revised] = [await ask(query), await ask(query, later)];
    expect([plain.status, revised.status]).toEqual([200, 200]);
    const blocks = (revised.body.length - plain.body.length) / (8 + columns.length);
    expect(blocks).toBeGreaterThan(1);
    expect(blocks % 1).toBe(0);
    for (const table of ['flows', 'syslog', 'counters', 'wan_events', 'system.tables', 'system.columns']) {
      expect([table, (await ask(`SELECT * FROM ${table}`, later)).status]).toEqual([table, 200]);
    }
    const refused = await ask('SELECT sumState(1)', later);
    expect([refused.status, String(refused.body)]).toEqual([
      501,
      expect.stringMatching(/^Code: 48\. .*AggregateFunction.*\(NOT_IMPLEMENTED\)\n$/),
    ]);
  });

  it('serves @clickhouse/client, whose database is "default" unless named', async () => {
    for (const database of [undefined, 'fairlead']) {
      const client = createClient({ url: server.url(), ...(database === undefined ? {} : { database }) });
      const result = await client.query({ query: 'SELECT count() AS n FROM flows', format: 'JSONEachRow' });
      expect(await result.json()).toEqual([{ n: 0 }]);
      await client.close();
    }
  });

  it('binds parameters, of the address and of @clickhouse/client', async () => {
    const asked = `/?param_n=41&param_s=a%5Ctb&query=${encodeURIComponent('SELECT {n:UInt32} + 1, {s:String}')}`;
    expect((await get(asked)).text).toBe('42\ta\\tb\n');
    expect((await get(`/?query=${encodeURIComponent('SELECT {n:UInt32}')}`)).text).toMatch(/^Code: 456\./);
    const wrong = await get(`/?param_n=x&query=${encodeURIComponent('SELECT {n:UInt32}')}`);
    expect([wrong.status, wrong.headers.get('x-clickhouse-exception-code')]).toEqual([400, '457']);
    const client = createClient({ url: server.url() });
    const result = await client.query({
      query:
        'SELECT {text:String} AS text, {list:Array(String)} AS list, {none:Nullable(String)} AS none, name FROM system.{table:Identifier} LIMIT {n:UInt8}',
      query_params: { text: `it's \\ 'all'\n`, list: [`a'b`, ''], none: null, table: 'databases', n: 1 },
      format: 'JSONEachRow',
    });
    expect(await result.json()).toMatchObject([{ text: `it's \\ 'all'\n`, list: [`a'b`, ''], none: null }]);
    await client.close();
  });

  it('compresses what the client accepts, and only when it asks', async () => {
    const raw = (path: string, encoding: string) =>
      new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
        request(server.url() + path, { headers: { 'accept-encoding': encoding } }, (response) => {
          buffer(response).then(
            (body) => resolve({ encoding: response.headers['content-encoding'], body }),
            reject,
          );
        })
          .on('error', reject)
          .end();
      });
    const query = `query=${encodeURIComponent('SELECT repeat(toString(number), 100) FROM numbers(100)')}`;
    const plain = await raw(`/?${query}`, 'gzip');
    expect(plain.encoding).toBeUndefined();
    for (const [encoding, unpack] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
      ['deflate', inflateSync],
    ] as const) {
      const packed = await raw(`/?enable_http_compression=1&${query}`, `${encoding};q=0.5, zstd`);
      expect(packed.encoding).toBe(encoding);
      expect(packed.body.length).toBeLessThan(plain.body.length / 2);
      expect(unpack(packed.body).equals(plain.body)).toBe(true);
    }
    expect((await raw(`/?enable_http_compression=1&${query}`, 'gzip;q=0')).encoding).toBeUndefined();
    const client = createClient({ url: server.url(), compression: { response: true } });
    const result = await client.query({ query: 'SELECT number FROM numbers(1000)', format: 'JSONEachRow' });
    expect(await result.json()).toHaveLength(1_000);
    await client.close();
  });

  it('reads a statement that was sent compressed, and no more of it than of another', async () => {
    const send = (body: Uint8Array<ArrayBuffer>) =>
      get('/', { method: 'POST', headers: { 'content-encoding': 'gzip' }, body });
    expect((await send(Uint8Array.from(gzipSync('SELECT 7')))).text).toBe('7\n');
    expect((await send(Uint8Array.from(gzipSync(Buffer.alloc(20_000_000, ' '))))).status).toBe(413);
    expect((await send(Uint8Array.from([1, 2, 3]))).status).toBe(413);
  });

  it('refuses the writes of @clickhouse/client, and gives it the code', async () => {
    const client = createClient({ url: server.url(), log: { level: ClickHouseLogLevel.OFF } });
    const values = [{ message: 'x' }];
    await expect(client.insert({ table: 'syslog', values, format: 'JSONEachRow' })).rejects.toMatchObject({
      code: '164',
    });
    await expect(client.command({ query: 'DROP TABLE syslog' })).rejects.toMatchObject({ code: '164' });
    await expect(client.query({ query: 'SELECT nope' })).rejects.toMatchObject({ code: '47' });
    await client.close();
  });

  it('serves curl', async (ctx) => {
    const need = requirement('curl');
    if (!need.met) return ctx.skip(need.reason);
    const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-sS', ...args])).stdout;
    const query = ['--data-binary', 'SELECT {n:UInt8} AS n FORMAT JSONEachRow'];
    expect(await curl(`${server.url()}/?param_n=7`, ...query)).toBe('{"n":7}\n');
    const packed = await curl(
      '--compressed',
      `${server.url()}/?enable_http_compression=1&param_n=7`,
      ...query,
    );
    expect(packed).toBe('{"n":7}\n');
    const refused = await curl('-i', server.url(), '--data-binary', 'DROP TABLE flows');
    expect(refused).toMatch(/^HTTP\/1\.1 403 /);
    expect(refused).toMatch(/^x-clickhouse-exception-code: 164\r$/m);
  });

  it('answers errors as ClickHouse does', async () => {
    const syntax = await ask('SELECT 1 1 FROM');
    expect(syntax.status).toBe(400);
    expect(syntax.headers.get('x-clickhouse-exception-code')).toBe('62');
    expect(syntax.text).toMatch(/^Code: 62\. DB::Exception: /);
    expect(await ask('SELECT * FROM nope')).toMatchObject({ status: 404 });
    expect((await get('/?database=other', { method: 'POST', body: 'SELECT 1' })).text).toMatch(/^Code: 81\./);
    const other = { headers: { 'X-ClickHouse-Database': 'other' }, method: 'POST', body: 'SELECT 1' };
    expect((await get('/', other)).text).toMatch(/^Code: 81\./);
    expect((await ask('SELECT 1 FORMAT Nope')).text).toMatch(
      /^Code: 73\. DB::Exception: Unknown format Nope\.(?:(?!Code|version).)*\(UNKNOWN_FORMAT\)\n$/,
    );
    expect((await get('/?compress=1', { method: 'POST', body: 'SELECT 1' })).text).toMatch(
      /^Code: 48\. .*enable_http_compression=1/,
    );
    const alike = '/?session_id=a&session_timeout=60&readonly=2&compress=0';
    expect((await get(alike, { method: 'POST', body: 'SELECT 1' })).text).toBe('1\n');
    const options = await get('/', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect(await get('/?query=SELECT%201', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect((await get('/?max_threads=1', { method: 'POST', body: 'SELECT 1' })).text).toMatch(/^Code: 164\./);
  });

  it('bounds the statement and the answer', async () => {
    expect((await ask(`SELECT '${'a'.repeat(1_100_000)}'`)).status).toBe(413);
    expect((await ask('SELECT number, randomString(100) FROM numbers(2000000)')).text).toMatch(
      /^Code: 396\./,
    );
  });

  it('keeps the answer of a failed statement apart from the next ones', async () => {
    const failing = 'SELECT number, throwIf(number = 1500000) FROM numbers(2000000)';
    await Promise.all([ask(failing), ask(failing)]);
    const answers = await Promise.all([1, 2, 3, 4].map((number) => ask(`SELECT ${number}`)));
    expect(answers.map(({ text }) => text)).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });

  it('does not answer to another name than its own on loopback', async () => {
    const { port } = new URL(server.url());
    const status = await new Promise((resolve, reject) => {
      request({ port, path: '/?query=SELECT%201', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('says when the port is taken', async () => {
    const port = Number(new URL(server.url()).port);
    const telemetry = createTelemetry({ level: 'silent' });
    const other = createStoreHttpServer({ host: '127.0.0.1', port }, { store, telemetry });
    await expect(other.start()).rejects.toThrow(`127.0.0.1:${port} is taken`);
    await other.stop();
  });
});

describe('queryOverHttp', () => {
  it('gives the error of the store, and one of its own when nothing answers', async () => {
    await expect(queryOverHttp(server.url(), 'SELECT nope')).rejects.toMatchObject({
      name: 'StoreError',
      code: 47,
      retriable: false,
    });
    await expect(queryOverHttp('http://127.0.0.1:1', 'SELECT 1')).rejects.toMatchObject({ retriable: true });
  });
});

describe('reading only', () => {
  it.each([
    `SELECT * FROM file('/etc/passwd', 'LineAsString')`,
    `SELECT file('/etc/passwd')`,
    `SELECT fIlE('/etc/passwd')`,
    "SELECT `file`('/etc/passwd')",
    '(SELECT "file" ( /* x */ \'/etc/passwd\'))',
    `SELECT arrayMap(x -> file(x), ['/etc/passwd'])`,
    `SELECT * APPLY(file) FROM (SELECT '/etc/passwd')`,
    `SELECT * APPLY file FROM (SELECT '/etc/passwd')`,
    `SELECT 1 // '\n, file('/etc/passwd') -- '`,
    `DESCRIBE file('/etc/passwd', 'LineAsString')`,
    `DESCRIBE TABLE s3('http://127.0.0.1:1/bucket/x.csv')`,
    `EXPLAIN SELECT * FROM file('/etc/passwd', 'LineAsString')`,
    `SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')`,
    `SELECT * FROM s3('http://127.0.0.1:1/bucket/x.csv')`,
    `SELECT * FROM remote('127.0.0.1:1', system.one)`,
    `SELECT * FROM executable('x', 'TSV', 'a String')`,
    `SELECT * FROM eval('SELECT 1')`,
    'SELECT * FROM default.`/etc/passwd`',
    `SELECT * FROM '/etc/passwd'`,
    `SELECT 1 INTO OUTFILE '/tmp/fairlead-out'`,
    `SELECT 1 INTO /**/ OUTFILE '/tmp/fairlead-out'`,
    'SELECT 1; SELECT 2',
    'INSERT INTO flows (router) VALUES (1)',
    "INSERT INTO FUNCTION file('/tmp/fairlead-out') SELECT 1",
    'WITH 1 AS x INSERT INTO flows (router) SELECT x',
    'DROP TABLE flows',
    'TRUNCATE TABLE flows',
    'ALTER TABLE flows DELETE WHERE 1',
    'DELETE FROM flows WHERE 1',
    'CREATE TABLE x (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE x (a Int8)',
    'SYSTEM FLUSH LOGS',
    'KILL QUERY WHERE 1',
    'SET readonly = 0',
    'USE system',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1 SETTINGS max_execution_time = 1000',
    '1 + 1',
    '',
  ])('refuses %s', async (sql) => {
    const { status, text } = await ask(sql);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toMatch(/^Code: (?:60|62|81|164)\. DB::Exception: /);
    expect(text).not.toContain('root:');
  });

  it.each([
    'SHOW TABLES',
    'DESCRIBE TABLE flows',
    'EXISTS TABLE flows',
    'EXPLAIN SELECT * FROM flows',
    'WITH 1 AS x SELECT x',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'SELECT sum(number) FROM numbers(10)',
    `SELECT format('{} {}', 'a', 'b'), 'file(' AS "file"`,
    'SELECT file FROM (SELECT 1 AS file) WHERE file IN (1)',
    'SELECT name, total_rows FROM system.tables',
  ])('answers %s', async (sql) => {
    const { status, text } = await ask(sql);
    expect(text).not.toMatch(/Exception/);
    expect(status).toBe(200);
  });

  it('knows no files as tables', async () => {
    expect((await ask('EXISTS default.`/etc/passwd`')).text).toBe('0\n');
  });
});
