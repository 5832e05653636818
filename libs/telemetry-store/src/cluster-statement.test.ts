import { temporaryFolder } from '@fairlead/testkit';
import { Session } from 'chdb';
import { afterAll, describe, expect, it } from 'vitest';
import { onCluster } from './cluster-statement.ts';
import { readMigrations } from './migrations.ts';
import { quoteText } from './sql-text.ts';
import { splitStatements } from './sql-tokens.ts';

const cluster = { name: 'prod', database: 'telemetry' };
const on = (statement: string): string => onCluster(statement, cluster);

describe('a statement for a cluster', () => {
  it.each([
    [
      'CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = MergeTree ORDER BY x',
      "CREATE TABLE IF NOT EXISTS a ON CLUSTER 'prod' (x Int8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/telemetry/a', '{replica}') ORDER BY x",
    ],
    [
      'create table a (x Int8) engine = SummingMergeTree(x) ORDER BY x',
      "create table a ON CLUSTER 'prod' (x Int8) engine = ReplicatedSummingMergeTree('/clickhouse/tables/{shard}/telemetry/a', '{replica}', x) ORDER BY x",
    ],
    [
      'CREATE TABLE a (x Int8) ENGINE = AggregatingMergeTree() ORDER BY x SETTINGS non_replicated_deduplication_window = 9',
      "CREATE TABLE a ON CLUSTER 'prod' (x Int8) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/telemetry/a', '{replica}') ORDER BY x SETTINGS replicated_deduplication_window = 9",
    ],
    [
      "ALTER TABLE a COMMENT COLUMN x 'ENGINE = MergeTree'",
      "ALTER TABLE a ON CLUSTER 'prod' COMMENT COLUMN x 'ENGINE = MergeTree'",
    ],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', "CREATE OR REPLACE VIEW v ON CLUSTER 'prod' AS SELECT 1"],
    ['CREATE DATABASE IF NOT EXISTS d', "CREATE DATABASE IF NOT EXISTS d ON CLUSTER 'prod'"],
  ])('%s', (statement, wanted) => {
    expect(on(statement)).toBe(wanted);
  });

  it.each([
    'CREATE TABLE a (x Int8) ENGINE = Memory',
    "CREATE TABLE a (x Int8) ENGINE = ReplicatedMergeTree('/a', '{replica}') ORDER BY x",
    'INSERT INTO a VALUES (1)',
    'OPTIMIZE TABLE a',
  ])('is refused where it has no translation: %s', (statement) => {
    expect(() => on(statement)).toThrow('no translation for a cluster');
  });
});

describe('every migration', async () => {
  const folder = temporaryFolder();
  const engine = new Session(folder.path);
  afterAll(() => {
    engine.close();
    folder.remove();
  });
  const statements = (await readMigrations()).flatMap(({ name, text }) =>
    splitStatements(text).map((statement, index) => ({ name, index, statement })),
  );

  it.each(statements)('is read by the engine as meant for a cluster: $name, $index', ({ statement }) => {
    const read = engine.query(`SELECT formatQuery(${quoteText(on(statement))})`, 'TSVRaw');
    expect(read).toMatch(/^(CREATE|ALTER) .* ON CLUSTER prod\b/);
    const plain = engine.query(`SELECT formatQuery(${quoteText(statement)})`, 'TSVRaw');
    const replicated =
      /Replicated\w*MergeTree\('\/clickhouse\/tables\/\{shard\}\/telemetry\/\w+', '\{replica\}'[,)]/;
    expect(replicated.test(read)).toBe(plain.startsWith('CREATE TABLE'));
    expect(read).not.toContain('non_replicated');
    // Nothing else is changed.
    const back = read
      .replace(' ON CLUSTER prod', '')
      .replace(
        /Replicated(\w*MergeTree)\('[^']*', '\{replica\}'(?:, )?([^)]*)\)/,
        (_: string, engine: string, rest: string) => (rest === '' ? engine : `${engine}(${rest})`),
      )
      .replace('replicated_deduplication_window', 'non_replicated_deduplication_window');
    expect(back).toBe(plain);
  });
});
