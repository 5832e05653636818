import type { TopicSpec } from '@fairlead/event-log';
import type { SimulatedTime } from './simulated-time.ts';

const HOUR_MS = 3_600_000;
/** Nothing is kept for longer: what would be kept for months would tell nothing in a day. */
export const HORIZON_MS = 3 * HOUR_MS;
/** Partitions of the store's tables, which are let go as a whole. */
const PARTITION_SECONDS = 1_200;
/** A gibibyte of a partition of the log becomes four mebibytes. */
const BYTES_DIVISOR = 256;
/** What MergeTree waits by itself, in seconds: before it looks for rows that end, and before parts that it left go away. */
const ENGINE_WAITS_SECONDS = {
  merge_with_ttl_timeout: 14_400,
  cleanup_delay_period: 30,
  max_cleanup_delay_period: 300,
  cleanup_delay_period_random_add: 10,
} as const;

/** A topic with the retention of the soak: by size always, by age after the horizon at the latest. */
export const scaledTopic = (topic: TopicSpec): TopicSpec => ({
  ...topic,
  retentionMs: Math.min(topic.retentionMs, HORIZON_MS),
  retentionBytes: topic.retentionBytes / BYTES_DIVISOR,
});

/**
 * A statement of schemas/clickhouse for a table that keeps rows up to the horizon by the time of the site, though the
 * engine goes by that of the machine: a row lives until the machine's clock shows what the site's shows a horizon after it.
 */
export function scaledStatement(statement: string, time: SimulatedTime): string {
  const { realStartMs, simulatedStartMs, factor } = time;
  const [realStart, simulatedStart] = [realStartMs, simulatedStartMs].map((ms) => Math.floor(ms / 1_000));
  const age = `toInt64(toUnixTimestamp(time)) - ${simulatedStart} + ${HORIZON_MS / 1_000}`;
  const settings = Object.entries(ENGINE_WAITS_SECONDS)
    .map(([name, seconds]) => `${name} = ${Math.ceil(seconds / factor)}`)
    .join(', ');
  return statement
    .replace(
      /PARTITION BY toYYYYMM(?:DD)?\(time\)/,
      `PARTITION BY intDiv(toUnixTimestamp(time), ${PARTITION_SECONDS})`,
    )
    .replace(
      /TTL time \+ INTERVAL \d+ \w+/,
      `TTL toDateTime(${realStart} + toInt64(floor((${age}) / ${factor})))`,
    )
    .replace(/SETTINGS (?=ttl_only_drop_parts)/, `SETTINGS ${settings}, `);
}
