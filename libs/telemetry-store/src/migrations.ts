import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StoreError } from './port.ts';
import { quoteText } from './sql-text.ts';
import { splitStatements } from './sql-tokens.ts';

const MIGRATIONS_FOLDER = resolve(import.meta.dirname, '../../../schemas/clickhouse');
const NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** One numbered file of schemas/clickhouse. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
}

/**
 * Reads the migrations of a folder in their order.
 * @throws Error when a number is missing or given twice, or a name is not `NNNN_name.sql`
 */
export async function readMigrations(folder = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(NAME.exec(name)?.[1]);
      if (version !== index + 1)
        throw new Error(`${join(folder, name)}: expected migration number ${index + 1}`);
      return { version, name, text: (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n') };
    }),
  );
}

/** Runs one statement in the database of the store and gives its answer as text. */
export type Execute = (statement: string) => Promise<string>;

/** How a statement of the schema is said to the store; as it is unless the schema is that of a cluster. */
export type Translate = (statement: string) => string;

/**
 * Runs the migrations that `schema_migrations` does not list, each with its checksum. A migration that was interrupted
 * runs again from its beginning, so its statements must bear that; so may several programs at the same time run them.
 * @throws StoreError when one that ran was edited since, or when the store is newer than these migrations
 */
export async function applyMigrations(
  migrations: readonly Migration[],
  execute: Execute,
  translate: Translate = (statement) => statement,
): Promise<void> {
  await execute(translate(SCHEMA_MIGRATIONS));
  const applied = await readApplied(execute);
  const newest = migrations.length;
  for (const version of applied.keys()) {
    if (version > newest) {
      throw permanent(
        `the store has schema version ${version}, this program knows ${newest}; use a newer program`,
      );
    }
  }
  for (const migration of migrations) {
    const checksum = createHash('sha256').update(migration.text).digest('hex');
    const known = applied.get(migration.version);
    if (known === checksum) continue;
    if (known !== undefined) {
      throw permanent(
        `migration ${migration.name} was changed after it ran on this store; restore it and write a new migration`,
      );
    }
    for (const statement of splitStatements(migration.text)) await execute(translate(statement));
    const row = [migration.version, quoteText(migration.name), quoteText(checksum)].join(', ');
    await execute(`INSERT INTO schema_migrations (version, name, checksum) SELECT ${row}`);
  }
}

const SCHEMA_MIGRATIONS =
  'CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32, name String, checksum String, ' +
  "applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY version";

async function readApplied(execute: Execute): Promise<Map<number, string>> {
  const text = await execute('SELECT DISTINCT version, checksum FROM schema_migrations FORMAT TabSeparated');
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
      .map(([version, checksum]) => [Number(version), checksum ?? '']),
  );
}

const permanent = (message: string): StoreError => new StoreError(message, { retriable: false });
