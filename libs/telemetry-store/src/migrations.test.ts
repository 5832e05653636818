import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChdbStore } from './chdb-store.ts';
import { type Migration, readMigrations } from './migrations.ts';

const first: Migration = {
  version: 1,
  name: '0001_a.sql',
  text: 'CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = Memory;\nCREATE TABLE IF NOT EXISTS b (x Int8) ENGINE = Memory;',
};
const second: Migration = {
  version: 2,
  name: '0002_b.sql',
  text: 'ALTER TABLE a ADD COLUMN IF NOT EXISTS y String',
};

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder('fairlead-migrations-');
});
afterEach(() => {
  folder.remove();
});

/** Opens the store with these migrations, brings it up to date, asks, and closes it. */
async function migrateAndAsk(migrations: readonly Migration[], sql: string): Promise<string> {
  const store = await createChdbStore({ directory: folder.path, migrations });
  try {
    await store.migrate();
    await store.migrate();
    return new TextDecoder().decode((await store.query(sql)).body);
  } finally {
    await store.close();
  }
}

describe('migrations', () => {
  it('run once each, in order, over the life of a store', async () => {
    const applied = 'SELECT version, name FROM schema_migrations ORDER BY version';
    expect(await migrateAndAsk([first], applied)).toBe('1\t0001_a.sql\n');
    expect(await migrateAndAsk([first, second], applied)).toBe('1\t0001_a.sql\n2\t0002_b.sql\n');
    expect(await migrateAndAsk([first, second], 'DESCRIBE a FORMAT TSVRaw')).toMatch(/^x\tInt8.*\ny\tString/);
  });

  it('begin again after one that was interrupted', async () => {
    const broken = { ...first, text: `${first.text};\nCREATE TABLE nonsense` };
    await expect(migrateAndAsk([broken], 'SELECT 1')).rejects.toMatchObject({
      name: 'StoreError',
      retriable: false,
    });
    expect(await migrateAndAsk([first], 'EXISTS b')).toBe('1\n');
  });

  it('refuse a store where one was edited after it ran', async () => {
    await migrateAndAsk([first], 'SELECT 1');
    const edited = { ...first, text: first.text.replace('Int8', 'Int16') };
    await expect(migrateAndAsk([edited], 'SELECT 1')).rejects.toThrow(
      'migration 0001_a.sql was changed after it ran on this store',
    );
  });

  it('refuse a store that a newer program made', async () => {
    await migrateAndAsk([first, second], 'SELECT 1');
    await expect(migrateAndAsk([first], 'SELECT 1')).rejects.toThrow(
      'schema version 2, this program knows 1',
    );
  });
});

describe('readMigrations', () => {
  it('reads those of the repository', async () => {
    expect((await readMigrations())[0]).toMatchObject({ version: 1, name: '0001_records.sql' });
  });

  it('refuses a gap in the numbers', async () => {
    const gap = join(folder.path, 'gap');
    await mkdir(gap);
    await writeFile(join(gap, '0001_a.sql'), '');
    await writeFile(join(gap, '0003_c.sql'), '');
    await expect(readMigrations(gap)).rejects.toThrow('expected migration number 2');
  });
});
