import { pause } from '@fairlead/runtime';
import kafkajs, { type Admin } from 'kafkajs';
import { checkName } from '../names.ts';
import type { PartitionInfo, TopicSpec, TopicState } from '../port.ts';
import { compareTopic } from '../topic-state.ts';

// Node.js does not find this name in the CommonJS module by itself.
const { ConfigResourceTypes } = kafkajs;

/** Most bytes of one append in one partition, which Kafka keeps as one batch. The broker's default is 1 MiB. */
export const MAX_APPEND_BYTES = 16 * 2 ** 20;
const BATCH_OVERHEAD_BYTES = 2 ** 20;
const MAX_MESSAGE_BYTES = MAX_APPEND_BYTES + BATCH_OVERHEAD_BYTES;
/** What is compared of a topic in the cluster. */
const SETTINGS = ['retention.ms', 'retention.bytes', 'cleanup.policy', 'max.message.bytes'] as const;

const LEADERS_POLL_MS = 100;
/** What a broker answers about a topic that was created a moment ago. */
const NOT_YET: ReadonlySet<unknown> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

type TopicSettings = ReadonlyMap<string, string>;

/** The topics of the cluster; remembers how many partitions each has. */
export interface Topics {
  /** Resolves when each of them exists and its partitions have leaders. */
  ensure(topics: readonly TopicSpec[]): Promise<void>;
  compare(topics: readonly TopicSpec[]): Promise<readonly TopicState[]>;
  /** @throws Error when the topic does not exist */
  partitionCount(topic: string): Promise<number>;
  /** @throws Error when the topic does not exist */
  offsets(topic: string): Promise<readonly PartitionInfo[]>;
  /** Absent where the group has committed nothing. */
  committed(group: string, topic: string): Promise<Map<number, number>>;
}

/** @param deadlineMs how long new topics may take until brokers know them */
export function createTopics(admin: Admin, deadlineMs: number): Topics {
  const counts = new Map<string, Promise<number>>();
  /** Those of which the count has been answered. */
  const answered = new Set<string>();

  /** All who ask share one answer, and so go on in the order in which they asked: appends rest on that. */
  const partitionCount = (topic: string): Promise<number> => {
    const known = counts.get(topic);
    if (known) return known;
    const asked = askPartitionCount(topic);
    counts.set(topic, asked);
    asked.catch(() => counts.delete(topic));
    return asked;
  };

  const askPartitionCount = async (topic: string): Promise<number> => {
    // Asked of the list, because kafkajs tries again for seconds when it is asked about a topic that is not there.
    if (!(await admin.listTopics()).includes(topic)) {
      throw new Error(`topic ${topic} does not exist; create it with ensureTopics`);
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    answered.add(topic);
    return topics[0]?.partitions.length ?? 0;
  };

  /** kafkajs, when it waits for leaders itself, gives up on a broker that has not heard of the topic yet. */
  const untilLed = async (topics: string[]): Promise<void> => {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      try {
        await admin.fetchTopicMetadata({ topics });
        return;
      } catch (error) {
        if (!isNotYet(error) || performance.now() >= endMs) throw error;
        await pause(LEADERS_POLL_MS);
      }
    }
  };

  /** Settings of topics that exist, by topic and name. */
  const settingsOf = async (names: readonly string[]): Promise<ReadonlyMap<string, TopicSettings>> => {
    if (names.length === 0) return new Map();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: [...SETTINGS],
      })),
    });
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  };

  const compare = async (topic: TopicSpec, settings: TopicSettings | undefined): Promise<TopicState> => {
    if (!settings) return compareTopic(topic, undefined);
    const state = compareTopic(topic, {
      partitions: await partitionCount(topic.name),
      retentionMs: Number(settings.get('retention.ms')),
      retentionBytes: Number(settings.get('retention.bytes')),
      compacted: settings.get('cleanup.policy')?.split(',').includes('compact') ?? false,
    });
    const largest = Number(settings.get('max.message.bytes'));
    // More than enough is nobody's concern; with less, large appends are refused for ever.
    if (largest >= MAX_MESSAGE_BYTES) return state;
    const [wanted, found] = [String(MAX_MESSAGE_BYTES), String(largest)];
    return {
      ...state,
      differences: [...state.differences, { setting: 'largestAppendBytes', wanted, found }],
    };
  };

  return {
    partitionCount,
    async ensure(topics) {
      for (const { name } of topics) checkName('topic', name);
      if (topics.every(({ name }) => answered.has(name))) return;
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map(({ name, partitions, retentionMs, retentionBytes, compacted = false }) => ({
          topic: name,
          numPartitions: partitions,
          configEntries: Object.entries({
            'retention.ms': retentionMs,
            'retention.bytes': retentionBytes,
            'cleanup.policy': compacted ? 'compact' : 'delete',
            'max.message.bytes': MAX_MESSAGE_BYTES,
          } satisfies Record<(typeof SETTINGS)[number], string | number>).map(([name, value]) => ({
            name,
            value: String(value),
          })),
        })),
      });
      await untilLed(missing.map(({ name }) => name));
    },
    async compare(topics) {
      const existing = new Set(await admin.listTopics());
      const names = new Set(topics.map(({ name }) => name).filter((name) => existing.has(name)));
      const settings = await settingsOf([...names]);
      return Promise.all(topics.map((topic) => compare(topic, settings.get(topic.name))));
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

const isNotYet = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && NOT_YET.has(error.type);
