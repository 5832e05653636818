import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import { applyMigrations, readMigrations, type Translate } from '../migrations.ts';

/**
 * Makes the schema of an embedded store that nobody has opened yet, its statements said otherwise. The store then finds
 * every migration done and leaves the tables as they are.
 */
export async function prepareStore(directory: string, translate: Translate): Promise<void> {
  await mkdir(directory, { recursive: true });
  const session = new Session(join(directory, 'chdb'));
  try {
    const execute = async (statement: string): Promise<string> =>
      (await session.queryAsync(statement, { format: 'TabSeparated' })).text();
    await execute('CREATE DATABASE IF NOT EXISTS fairlead');
    await execute('USE fairlead');
    await applyMigrations(await readMigrations(), execute, translate);
  } finally {
    session.close();
    await drainPending();
  }
}
