import { tableOf } from './insert-statement.ts';
import { StoreError } from './port.ts';

/** Rows of a table by their `time`, Unix milliseconds; the end is not included. */
export interface TimeWindow {
  readonly topic: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface ReplacedRows {
  readonly before: number;
  readonly after: number;
}

export interface WindowReplacer {
  /** Runs a statement and gives its answer as tab-separated text. */
  readonly execute: (statement: string) => Promise<string>;
  /** Stores a value of the topic in another table of the same columns. */
  readonly insert: (value: Uint8Array, target: string) => Promise<void>;
}

/**
 * Puts new rows in the place of those of a window. The days that the window touches are built beside the table, from the
 * new rows and from what the table has outside of the window, and then each takes the place of the old one in one step
 * of the engine. So whoever asks meanwhile sees a day as it was or as it will be; an interruption leaves some days as
 * they were, and the same call again does the same to all of them.
 * @param isDry to count only
 * @throws StoreError when something is derived from the table at insertion, which would not follow
 */
export async function replaceWindow(
  { topic, sinceMs, untilMs }: TimeWindow,
  values: AsyncIterable<Uint8Array>,
  isDry: boolean,
  { execute, insert }: WindowReplacer,
): Promise<ReplacedRows> {
  const { name, partitionOfRow } = tableOf(topic);
  const staging = `${name}_replay`;
  const time = (ms: number): string => `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
  const inWindow = `time >= ${time(sinceMs)} AND time < ${time(untilMs)}`;
  const count = async (table: string): Promise<number> =>
    Number(await execute(`SELECT count() FROM ${table} WHERE ${inWindow} FORMAT TabSeparated`));
  const daysOf = async (table: string, where: string): Promise<string[]> =>
    (await execute(`SELECT DISTINCT ${partitionOfRow} FROM ${table} WHERE ${where} FORMAT TabSeparated`))
      .split('\n')
      .filter((day) => day !== '');

  const derived = await execute(
    `SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView' ` +
      `AND has(splitByNonAlpha(create_table_query), '${name}') FORMAT TabSeparated`,
  );
  if (Number(derived) > 0) {
    throw new StoreError(`a materialized view is made of ${name}; it would not follow`, { retriable: false });
  }
  await execute(`DROP TABLE IF EXISTS ${staging} SYNC`);
  await execute(`CREATE TABLE ${staging} AS ${name}`);
  try {
    for await (const value of values) await insert(value, staging);
    const rows = { before: await count(name), after: await count(staging) };
    if (isDry) return rows;
    const days = new Set([...(await daysOf(name, inWindow)), ...(await daysOf(staging, '1'))]);
    for (const day of days) {
      await execute(
        `INSERT INTO ${staging} SELECT * FROM ${name} WHERE ${partitionOfRow} = ${day} AND NOT (${inWindow}) ` +
          'SETTINGS insert_deduplicate = 0',
      );
    }
    const filled = new Set(await daysOf(staging, '1'));
    for (const day of days) {
      await execute(
        filled.has(day)
          ? `ALTER TABLE ${name} REPLACE PARTITION ${day} FROM ${staging}`
          : `ALTER TABLE ${name} DROP PARTITION ${day}`,
      );
    }
    return rows;
  } finally {
    await execute(`DROP TABLE IF EXISTS ${staging} SYNC`);
  }
}
