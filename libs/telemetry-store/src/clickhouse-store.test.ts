import { addressToBytes, DeadLetter, encodeFrames, Secret, SyslogMessage } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClickhouseStore } from './clickhouse-store.ts';
import { readMigrations } from './migrations.ts';
import type { StoreBatch, TelemetryStore } from './port.ts';
import { type ClickhouseStandIn, startClickhouseStandIn } from './testing/index.ts';

const folder = temporaryFolder('fairlead-server-');
let server: ClickhouseStandIn;
let store: TelemetryStore;
let requests: URL[] = [];

beforeAll(async () => {
  server = await startClickhouseStandIn({
    directory: folder.path,
    onRequest: (url) => requests.push(url),
  });
  store = createClickhouseStore({
    url: server.url,
    user: 'writer',
    password: new Secret('not-shown'),
    database: 'telemetry',
  });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await server.close();
  folder.remove();
});

const line: SyslogMessage = {
  timeMs: Date.now(),
  router: 'gw',
  source: addressToBytes('192.0.2.1'),
  format: 'unparsed',
  facility: undefined,
  severity: 0,
  deviceTimeMs: undefined,
  hostname: undefined,
  appName: undefined,
  topics: ["it's", '\\'],
  message: 'a \0 NUL',
  eventKind: '',
  eventFields: [],
  processId: undefined,
  messageId: undefined,
  structuredData: [],
};

const batch: StoreBatch = {
  topic: topics.syslog.name,
  partition: 1,
  firstOffset: 5,
  lastOffset: 6,
  firstTimestampMs: 1_700_000_000_123,
  values: [encodeFrames(SyslogMessage, [line]), encodeFrames(SyslogMessage, [line, line])],
};

const ask = async (sql: string): Promise<string> => new TextDecoder().decode((await store.query(sql)).body);

describe('the store on a server', () => {
  it('makes its tables in the database of the configuration', async () => {
    const all = `${(await readMigrations()).length}\n`;
    expect(await ask('SELECT count() FROM telemetry.schema_migrations')).toBe(all);
    await store.migrate();
    expect(await ask('SELECT count() FROM schema_migrations')).toBe(all);
  });

  it('sends a batch as it stands in the log, once, under the name of the batch', async () => {
    requests = [];
    await store.insert(batch);
    await store.insert(batch);
    expect(await ask('SELECT count() FROM syslog')).toBe('3\n');
    expect(requests[0]?.searchParams.get('query_id')).toBe('fairlead.syslog.v1:1:5-6:1700000000123');
    expect(await ask('SELECT source, severity, topics, message FROM syslog LIMIT 1 FORMAT JSONEachRow')).toBe(
      '{"source":"::ffff:192.0.2.1","severity":0,"topics":["it\'s","\\\\"],"message":"a \\u0000 NUL"}\n',
    );
  });

  it('finds and completes what an attempt left', async () => {
    expect(await store.storedRanges(batch.topic, 1, 6)).toEqual([
      { firstOffset: 5, lastOffset: 6, firstTimestampMs: 1_700_000_000_123, rows: 3 },
    ]);
    expect(await store.storedRanges(batch.topic, 1, 7)).toEqual([]);
    await store.insert({ ...batch, uncertain: true });
    expect(await ask('SELECT count() FROM syslog')).toBe('3\n');
  });

  it('stores nothing more of a writer whose partition another has claimed', async () => {
    const other = createClickhouseStore({
      ...{ url: server.url, user: 'writer', password: new Secret(''), database: 'telemetry' },
    });
    const late = { ...batch, partition: 7, values: [encodeFrames(SyslogMessage, [line])] };
    const stored = async (): Promise<string> =>
      (await ask('SELECT count() FROM syslog WHERE log_partition = 7')).trim();
    await store.claim(late.topic, 7);
    await store.insert(late);
    await other.claim(late.topic, 7);
    for (const uncertain of [false, true]) {
      const insert = store.insert({ ...late, firstOffset: 7, lastOffset: 7, uncertain });
      await expect(insert).rejects.toMatchObject({ code: 395, retriable: true });
    }
    expect(await stored()).toBe('1');
    await other.insert({ ...late, firstOffset: 7, lastOffset: 7, uncertain: true });
    await store.claim(late.topic, 7);
    await store.insert({ ...late, firstOffset: 8, lastOffset: 8 });
    await expect(other.insert({ ...late, firstOffset: 9, lastOffset: 9 })).rejects.toThrow('claimed');
    expect(await stored()).toBe('3');
    await other.close();
  });

  it('takes bytes of any kind', async () => {
    const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const letter: DeadLetter = {
      timeMs: Date.now(),
      service: 's',
      topic: 't',
      partition: 0,
      offset: 0,
      reason: 'r',
      value,
    };
    await store.insert({
      ...batch,
      topic: topics.deadLetter.name,
      values: [encodeFrames(DeadLetter, [letter])],
    });
    expect((await ask('SELECT hex(value) FROM dead_letters')).trim()).toBe(
      Buffer.from(value).toString('hex').toUpperCase(),
    );
  });

  it('only reads when asked, and says so to the server', async () => {
    await expect(store.query('DROP TABLE syslog')).rejects.toMatchObject({ code: 164 });
    await expect(store.query(`SELECT 1 INTO OUTFILE '/tmp/x'`)).rejects.toMatchObject({ code: 164 });
    requests = [];
    await store.query('SELECT 1');
    expect(requests[0]?.searchParams.get('readonly')).toBe('1');
  });

  it('tells bad data from a server that is away', async () => {
    const values = [Buffer.from('0affffffffff', 'hex')];
    await expect(store.insert({ ...batch, firstOffset: 9, values })).rejects.toMatchObject({
      retriable: false,
    });
    await expect(store.query('SELECT nope')).rejects.toMatchObject({ code: 47, retriable: false });
    const away = createClickhouseStore({
      url: 'http://127.0.0.1:1',
      user: 'x',
      password: new Secret(''),
      database: 'x',
    });
    await expect(away.insert(batch)).rejects.toMatchObject({ name: 'StoreError', retriable: true });
    await away.close();
  });
});
