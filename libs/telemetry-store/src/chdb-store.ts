import { mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pause } from '@fairlead/runtime';
import { drainPending, Session } from 'chdb';
import { engineArguments } from './engine-limits.ts';
import { insertSettings, insertStatement, storedRangesStatement, tableOf } from './insert-statement.ts';
import { endWithoutEngine } from './end-without-engine.ts';
import { yieldEngineThreads } from './engine-threads.ts';
import { applyMigrations, type Migration, readMigrations } from './migrations.ts';
import { type StoreBatch, StoreError, type TelemetryStore } from './port.ts';
import { checkReading, harmfulFunctions } from './reading-statement.ts';
import { createSessionPool, type SessionPool } from './session-pool.ts';
import { quoteText, settingsText } from './sql-text.ts';
import { insertError, queryError } from './store-errors.ts';
import { findOwner, forgetOwner, noteOwner } from './store-owner.ts';
import { replaceWindow, type ReplacedRows, type TimeWindow } from './replace-window.ts';
import { readStoredRanges } from './stored-ranges.ts';

const DATABASE = 'fairlead';
const READERS = 2;
const MAX_WAITING_READS = 64;
/** Fewer than the system takes in one call (IOV_MAX). */
const MAX_WRITE_VALUES = 1_000;
/** Each partition of each topic has one insert under way at most, so this is never reached by a writer. */
const MAX_WAITING_WRITES = 1_000;

/** What a query may cost. The last one makes all of them unchangeable. */
const READER_SETTINGS = {
  max_execution_time: 30,
  max_memory_usage: 2 ** 31,
  max_result_bytes: 64 * 2 ** 20,
  result_overflow_mode: 'throw',
  allow_introspection_functions: 0,
  readonly: 1,
} as const;

export interface ChdbStoreOptions {
  readonly directory: string;
  /** Those of schemas/clickhouse unless given. */
  readonly migrations?: readonly Migration[];
}

/** Where rows come from that no record of the log stands for: no log was ever appended to at that time. */
const OF_NO_LOG = { partition: 0, firstOffset: 0, lastOffset: 0, firstTimestampMs: 0 };

export interface ChdbStore extends TelemetryStore {
  /**
   * Puts new rows in the place of those of a window (`replaceWindow`). The new ones belong to no record of the log.
   * @param values records of the topic, whose times lie in the window
   * @param isDry to count only
   * @throws StoreError
   */
  replaceWindow(window: TimeWindow, values: AsyncIterable<Uint8Array>, isDry: boolean): Promise<ReplacedRows>;
}

/** chDB binds one directory for the whole process. */
let openHere: string | undefined;

/**
 * Opens the embedded store: ClickHouse in this process, its data in a directory that no other process has open.
 * @throws StoreError naming the process that has it open
 */
export async function createChdbStore(options: ChdbStoreOptions): Promise<ChdbStore> {
  const directory = resolve(options.directory);
  if (openHere !== undefined) {
    throw new StoreError(`this process has a store open already: ${openHere}`, { retriable: false });
  }
  openHere = directory;
  try {
    return await openStore(directory, options.migrations);
  } catch (error) {
    openHere = undefined;
    throw error;
  }
}

async function openStore(directory: string, migrations?: readonly Migration[]): Promise<ChdbStore> {
  const insertFolder = join(directory, 'inserts');
  await mkdir(directory, { recursive: true });
  const sessions = await openSessions(directory);
  const writer = createSessionPool(sessions.slice(0, 1), MAX_WAITING_WRITES);
  const readers = createSessionPool(sessions.slice(1), MAX_WAITING_READS);
  const stopYielding = yieldEngineThreads();
  const mayExit = endWithoutEngine(directory);
  let harmful: ReadonlySet<string>;
  try {
    await noteOwner(directory);
    await rm(insertFolder, { recursive: true, force: true });
    await mkdir(insertFolder);
    await prepare(writer, sessions.slice(1));
    harmful = harmfulFunctions(await readNames(writer, 'SELECT name FROM system.table_functions'));
  } catch (error) {
    await closeAll();
    throw error;
  }
  let closing: Promise<void> | undefined;
  let inserts = 0;

  async function closeAll(): Promise<void> {
    stopYielding();
    const readersClosed = readers.close().then(() => true);
    // A query may run for as long as it is allowed to, but nobody waits for its answer any more. Told again, because one
    // that was handed over a moment ago is not known to the engine yet.
    do {
      await writer.run("KILL QUERY WHERE query_kind = 'Select' ASYNC").catch(() => undefined);
    } while (!(await Promise.race([readersClosed, pause(200)])));
    await writer.close();
    await drainPending();
    await forgetOwner(directory);
    mayExit();
    openHere = undefined;
  }

  /** The engine reads binary data from a file only: its connection takes a statement's data as text. */
  async function insertFile(batch: StoreBatch, target?: string): Promise<void> {
    const file = join(insertFolder, `${(inserts += 1)}.pb`);
    try {
      await writeValues(file, batch.values);
      await writer.run(statementFor(batch, file, target));
    } catch (error) {
      throw insertError(error);
    } finally {
      await rm(file, { force: true });
    }
  }

  return {
    async migrate() {
      try {
        await applyMigrations(migrations ?? (await readMigrations()), async (statement) =>
          (await writer.run(statement)).text(),
        );
      } catch (error) {
        throw queryError(error);
      }
    },
    // What a process had under way in its own engine ends with it, and another cannot open the same directory before.
    claim: () => Promise.resolve(),
    insert: (batch) => insertFile(batch),
    async replaceWindow(window, values, isDry) {
      try {
        return await replaceWindow(window, values, isDry, {
          execute: async (statement) => (await writer.run(statement)).text(),
          insert: (value, target) =>
            insertFile({ ...OF_NO_LOG, topic: window.topic, values: [value], uncertain: true }, target),
        });
      } catch (error) {
        throw error instanceof StoreError ? error : queryError(error);
      }
    },
    async storedRanges(topic, partition, fromOffset) {
      try {
        return readStoredRanges(
          (await writer.run(storedRangesStatement(topic, partition, fromOffset))).text(),
        );
      } catch (error) {
        throw insertError(error);
      }
    },
    async query(sql, format = 'TabSeparated', parameters) {
      const statement = checkReading(sql, harmful);
      try {
        const result = await readers.run(statement.sql, format, parameters);
        return { body: result.bytes(), format: statement.format ?? format };
      } catch (error) {
        throw queryError(error);
      }
    },
    close: () => (closing ??= closeAll()),
  };
}

/** The writer's session and those of the readers. */
async function openSessions(directory: string): Promise<Session[]> {
  const sessions: Session[] = [];
  try {
    for (let i = 0; i < 1 + READERS; i += 1) {
      sessions.push(new Session(join(directory, 'chdb'), { connectionArgs: engineArguments }));
    }
    return sessions;
  } catch (cause) {
    for (const session of sessions) session.close();
    const owner = await findOwner(directory);
    const message =
      owner === undefined
        ? `cannot open the store in ${directory}: ${cause instanceof Error ? cause.message : String(cause)}`
        : `the store in ${directory} is open in process ${owner}; stop it, or ask it over HTTP`;
    throw new StoreError(message, { retriable: owner !== undefined, cause });
  }
}

async function prepare(writer: SessionPool, readers: readonly Session[]): Promise<void> {
  await writer.run(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
  await writer.run(`USE ${DATABASE}`);
  for (const reader of readers) {
    await reader.queryAsync(`USE ${DATABASE}`);
    await reader.queryAsync(`SET ${settingsText(READER_SETTINGS)}`);
  }
  // chDB makes this database at each start. Its tables are the files of the machine.
  await writer.run('DROP DATABASE IF EXISTS default');
}

/** Writes the values one behind the other into a new file, without a copy of them all. */
async function writeValues(file: string, values: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    let rest = values;
    while (rest.length > 0) {
      const { bytesWritten } = await handle.writev(rest.slice(0, MAX_WRITE_VALUES));
      rest = behind(rest, bytesWritten);
    }
  } finally {
    await handle.close();
  }
}

/** What is left of the values when so many bytes of them are written. */
function behind(values: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, value] of values.entries()) {
    if (left < value.byteLength) return [value.subarray(left), ...values.slice(index + 1)];
    left -= value.byteLength;
  }
  return [];
}

function statementFor(batch: StoreBatch, file: string, target?: string): string {
  const { structure, protoFile, message } = tableOf(batch.topic);
  const source = `file(${quoteText(file)}, 'Protobuf', ${quoteText(structure)})`;
  return `${insertStatement(batch, source, { target })} SETTINGS ${settingsText({
    ...insertSettings(batch),
    format_schema_source: 'file',
    format_schema: protoFile,
    format_schema_message_name: message,
  })}`;
}

async function readNames(writer: SessionPool, statement: string): Promise<string[]> {
  return (await writer.run(statement))
    .text()
    .split('\n')
    .filter((name) => name !== '');
}
