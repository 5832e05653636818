import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
  type DataFormat,
} from '@clickhouse/client';
import type { Secret } from '@fairlead/model';
import {
  insertSettings,
  insertStatement,
  storedRangesStatement,
  tableOf,
  tokenOf,
} from './insert-statement.ts';
import { onCluster } from './cluster-statement.ts';
import { applyMigrations, type Migration, readMigrations, type Translate } from './migrations.ts';
import { type StoreBatch, StoreError, type TelemetryStore } from './port.ts';
import { checkReading } from './reading-statement.ts';
import { quoteText } from './sql-text.ts';
import { insertError, queryError } from './store-errors.ts';
import { readStoredRanges } from './stored-ranges.ts';
import { createWriterClaims, insertMark, processesOf } from './writer-claims.ts';

/**
 * With replicas, what is asked has to see what was acknowledged, whichever replica answers: the writer rests on that. An insert
 * is there when most replicas have it, and a question waits until its replica has what was inserted so.
 */
const CLUSTER_SETTINGS: ClickHouseSettings = {
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  select_sequential_consistency: '1',
};

const REQUEST_TIMEOUT_MS = 65_000;
const RESULT_BYTES = 64 * 2 ** 20;
/** Reading a server is its administrator's business; only what writes files here would be ours to refuse. */
const NOTHING_HARMFUL: ReadonlySet<string> = new Set();

export interface ClickhouseStoreOptions {
  /** HTTP address of the server, such as http://127.0.0.1:8123. */
  readonly url: string;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  /** The servers' name of the cluster whose replicas share the tables; one server by itself unless given. */
  readonly cluster?: string | undefined;
  /** Those of schemas/clickhouse unless given. */
  readonly migrations?: readonly Migration[];
}

/** The store on a ClickHouse server. Connects with the first call. */
export function createClickhouseStore(options: ClickhouseStoreOptions): TelemetryStore {
  const { database, cluster } = options;
  if (!/^\w+$/.test(database)) throw new StoreError(`not a database name: ${database}`, { retriable: false });
  const client = connect(options, database);
  const settings = cluster === undefined ? {} : CLUSTER_SETTINGS;
  const translate = translationFor(options);
  const execute = async (statement: string): Promise<string> => {
    const { stream } = await client.exec({ query: statement, clickhouse_settings: settings });
    return text(stream);
  };
  const claims = createWriterClaims(execute, { processes: processesOf(cluster) });

  return {
    async migrate() {
      try {
        await createDatabase(options, translate);
        await applyMigrations(options.migrations ?? (await readMigrations()), execute, translate);
      } catch (error) {
        throw queryError(error);
      }
    },
    async claim(topic, partition) {
      try {
        await claims.claim(topic, partition);
      } catch (error) {
        throw insertError(error);
      }
    },
    async insert(batch) {
      try {
        await insertOver(client, batch, claims.condition(batch.topic, batch.partition), settings);
      } catch (error) {
        throw insertError(error);
      }
    },
    async storedRanges(topic, partition, fromOffset) {
      try {
        return readStoredRanges(await execute(storedRangesStatement(topic, partition, fromOffset)));
      } catch (error) {
        throw insertError(error);
      }
    },
    async query(sql, format = 'TabSeparated', parameters) {
      const statement = checkReading(sql, NOTHING_HARMFUL);
      try {
        const { stream } = await client.exec({
          query: statement.sql,
          ...(parameters && { query_params: parameters }),
          clickhouse_settings: {
            readonly: '1',
            max_result_bytes: `${RESULT_BYTES}`,
            result_overflow_mode: 'throw',
            default_format: format as DataFormat,
            wait_end_of_query: 1,
          },
        });
        return { body: await buffer(stream), format: statement.format ?? format };
      } catch (error) {
        throw queryError(error);
      }
    },
    close: () => client.close(),
  };
}

function translationFor({ cluster, database }: ClickhouseStoreOptions): Translate {
  if (cluster === undefined) return (statement) => statement;
  return (statement) => onCluster(statement, { name: cluster, database });
}

function connect({ url, user, password }: ClickhouseStoreOptions, database: string): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password: password.reveal(),
    database,
    application: 'fairlead',
    request_timeout: REQUEST_TIMEOUT_MS,
    // Errors are thrown; who catches them decides what is logged.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** The database cannot be made over a connection that names it before it is there. */
async function createDatabase(options: ClickhouseStoreOptions, translate: Translate): Promise<void> {
  const client = connect(options, 'default');
  try {
    await client.command({ query: translate(`CREATE DATABASE IF NOT EXISTS ${options.database}`) });
  } finally {
    await client.close();
  }
}

/**
 * The server reads the records from the body as they are. The query id names the batch, so that the server refuses a
 * second attempt while the first one still runs.
 */
async function insertOver(
  client: ClickHouseClient,
  batch: StoreBatch,
  condition: string | undefined,
  settings: ClickHouseSettings,
): Promise<void> {
  const { structure, protoText, message } = tableOf(batch.topic);
  const insert = insertStatement(batch, `input(${quoteText(structure)})`, { condition });
  const { stream } = await client.exec({
    query: `${insertMark(batch.topic, batch.partition)} ${insert} FORMAT Protobuf`,
    values: Readable.from([Buffer.concat(batch.values)], { objectMode: false }),
    query_id: tokenOf(batch),
    clickhouse_settings: {
      ...insertSettings(batch),
      ...settings,
      format_schema_source: 'string',
      format_schema: protoText,
      format_schema_message_name: message,
    },
  });
  await text(stream);
}
