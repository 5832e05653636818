import { type StoreBatch, StoreError } from './port.ts';
import { type Table, tables } from './tables.ts';

/**
 * The table of a topic.
 * @throws StoreError for a topic that is not stored
 */
export function tableOf(topic: string): Table {
  const table = tables.get(topic);
  if (!table) throw new StoreError(`no table for the topic ${topic}`, { retriable: false });
  return table;
}

/** Names a batch, the same for each attempt at it. */
export const tokenOf = ({
  topic,
  partition,
  firstOffset,
  lastOffset,
  firstTimestampMs,
}: StoreBatch): string => `${topic}:${partition}:${firstOffset}-${lastOffset}:${firstTimestampMs}`;

/**
 * `INSERT … SELECT` that turns the records of a batch into rows.
 * @param source what the records are read from: `file(…)` or `input(…)`
 * @param target a table of the same columns, where it is not that of the topic
 * @param condition on every record, beside what an uncertain batch needs
 */
export function insertStatement(
  batch: StoreBatch,
  source: string,
  {
    target,
    condition,
  }: { readonly target?: string | undefined; readonly condition?: string | undefined } = {},
): string {
  const table = tableOf(batch.topic);
  const constants = [
    ['log_partition', `${batch.partition}`],
    ['log_first_offset', `${batch.firstOffset}`],
    ['log_last_offset', `${batch.lastOffset}`],
    ['log_first_time', `fromUnixTimestamp64Milli(${batch.firstTimestampMs}, 'UTC')`],
  ] as const;
  const names = [...table.columns.map(({ name }) => `\`${name}\``), ...constants.map(([name]) => name)];
  const expressions = [
    ...table.columns.map(({ expression }) => expression),
    ...constants.map(([, value]) => value),
  ];
  // One insert makes one part for each partition of the table, and a part is there as a whole or not at all. So what
  // an interrupted attempt left is known by the partitions in which it left something.
  const stored = `SELECT ${table.partitionOfRow} FROM ${table.name} WHERE ${constants.map(([name, value]) => `${name} = ${value}`).join(' AND ')}`;
  const conditions = [
    ...(condition === undefined ? [] : [condition]),
    ...(batch.uncertain === true && target === undefined
      ? [`${table.partitionOfRecord} NOT IN (${stored})`]
      : []),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `INSERT INTO ${target ?? table.name} (${names.join(', ')}) SELECT ${expressions.join(', ')} FROM ${source}${where}`;
}

/** Settings under which one insert is one block, and so one part for each partition of the table. */
export function insertSettings(batch: StoreBatch): Readonly<Record<string, string | number>> {
  return {
    max_threads: 1,
    max_insert_threads: 1,
    max_block_size: 100_000_000,
    min_insert_block_size_rows: 100_000_000,
    min_insert_block_size_bytes: 100_000_000_000,
    input_format_parallel_parsing: 0,
    input_format_max_block_size_bytes: 0,
    max_partitions_per_insert_block: 0,
    max_execution_time: 60,
    async_insert: 0,
    // The engine notes a token before the part is in place. A crash between the two leaves a token without rows, so
    // an uncertain batch must not be left to the tokens.
    ...(batch.uncertain === true
      ? { insert_deduplicate: 0 }
      : { insert_deduplication_token: tokenOf(batch) }),
  };
}

/** Asks for the inserts of a partition that reach `fromOffset` or beyond; a row each: first, last, first time, rows. */
export const storedRangesStatement = (topic: string, partition: number, fromOffset: number): string =>
  `SELECT log_first_offset, log_last_offset, toUnixTimestamp64Milli(log_first_time), count() FROM ${tableOf(topic).name} ` +
  `WHERE log_partition = ${partition} AND log_last_offset >= ${fromOffset} ` +
  'GROUP BY log_first_offset, log_last_offset, log_first_time ORDER BY log_first_offset FORMAT TabSeparated';
