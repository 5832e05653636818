import type { PartitionDescription } from '@fairlead/event-log';
import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { openEventLog } from '../compose.ts';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { UsageError } from '../exit.ts';
import { formatTable } from '../format-table.ts';
import { findTopic, shortName, topicNames } from '../topic-names.ts';

export interface LogOptions extends WhereOptions {
  readonly json: boolean;
}

/** `fairlead log`: what the event log holds, and how far its readers are. */
export async function showLog(name: string | undefined, options: LogOptions): Promise<void> {
  const topic = name === undefined ? undefined : findTopic(name);
  if (name !== undefined && !topic) {
    throw new UsageError(`unknown topic "${name}"; known: ${topicNames.join(', ')}`);
  }
  const log = await openEventLog(await locateConfig(options), createTelemetry({ level: 'warn' }));
  try {
    const names = topic ? [topic.name] : Object.values(topics).map((each) => each.name);
    const partitions = await log.describe(names);
    process.stdout.write(options.json ? asJsonLines(partitions) : asTables(partitions));
  } finally {
    await log.close();
  }
}

const asJsonLines = (partitions: readonly PartitionDescription[]): string =>
  partitions.map((partition) => `${JSON.stringify(partition)}\n`).join('');

function asTables(partitions: readonly PartitionDescription[]): string {
  const held = formatTable(
    ['TOPIC', 'PARTITION', 'FIRST', 'NEXT', 'BYTES'],
    partitions.map(({ topic, partition, firstOffset, nextOffset, bytes }) => [
      shortName(topic),
      partition,
      firstOffset,
      nextOffset,
      bytes ?? '-',
    ]),
  );
  const read = partitions.flatMap(({ topic, partition, groups }) =>
    groups.map(({ group, committed, lag, owner }) => [
      group,
      shortName(topic),
      partition,
      committed,
      lag,
      owner ?? '-',
    ]),
  );
  if (read.length === 0) return held;
  const byGroup = read.sort(([a = ''], [b = '']) => String(a).localeCompare(String(b)));
  return `${held}\n${formatTable(['GROUP', 'TOPIC', 'PARTITION', 'COMMITTED', 'LAG', 'OWNER'], byGroup)}`;
}
