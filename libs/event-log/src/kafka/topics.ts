import type { Admin } from 'kafkajs';
import { checkName } from '../names.ts';
import type { PartitionInfo, TopicSpec } from '../port.ts';

/** Most bytes of one append in one partition, which Kafka keeps as one batch. The broker's default is 1 MiB. */
export const MAX_APPEND_BYTES = 16 * 2 ** 20;
const BATCH_OVERHEAD_BYTES = 2 ** 20;

/** The topics of the cluster; remembers how many partitions each has. */
export interface Topics {
  ensure(topics: readonly TopicSpec[]): Promise<void>;
  /** @throws Error when the topic does not exist */
  partitionCount(topic: string): Promise<number>;
  /** @throws Error when the topic does not exist */
  offsets(topic: string): Promise<readonly PartitionInfo[]>;
  /** Absent where the group has committed nothing. */
  committed(group: string, topic: string): Promise<Map<number, number>>;
}

export function createTopics(admin: Admin): Topics {
  const counts = new Map<string, number>();

  const partitionCount = async (topic: string): Promise<number> => {
    const known = counts.get(topic);
    if (known !== undefined) return known;
    // Asked of the list, because kafkajs tries again for seconds when it is asked about a topic that is not there.
    if (!(await admin.listTopics()).includes(topic)) {
      throw new Error(`topic ${topic} does not exist; create it with ensureTopics`);
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const count = topics[0]?.partitions.length ?? 0;
    counts.set(topic, count);
    return count;
  };

  return {
    partitionCount,
    async ensure(topics) {
      for (const { name } of topics) checkName('topic', name);
      if (topics.every(({ name }) => counts.has(name))) return;
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, retentionMs, retentionBytes }) => ({
          topic: name,
          numPartitions: partitions,
          configEntries: Object.entries({
            'retention.ms': retentionMs,
            'retention.bytes': retentionBytes,
            'max.message.bytes': MAX_APPEND_BYTES + BATCH_OVERHEAD_BYTES,
          }).map(([name, value]) => ({ name, value: String(value) })),
        })),
      });
    },
    async offsets(topic) {
      await partitionCount(topic);
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({
          topic,
          partition,
          firstOffset: Number(low),
          nextOffset: Number(high),
        }))
        .sort((a, b) => a.partition - b.partition);
    },
    async committed(group, topic) {
      await partitionCount(topic);
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map(
        (found?.partitions ?? [])
          .map(({ partition, offset }) => [partition, Number(offset)] as const)
          .filter(([, offset]) => offset >= 0),
      );
    },
  };
}
