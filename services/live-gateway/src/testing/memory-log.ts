import type {
  EventLog,
  LogRecord,
  NewRecord,
  Position,
  SubscribeOptions,
  Subscription,
} from '@fairlead/event-log';

interface Reader {
  readonly options: SubscribeOptions;
  work: Promise<void>;
}

/** An event log of one partition for each topic that forgets when the process ends; it hands over at once. */
export function createMemoryLog(nowMs: () => number = Date.now): EventLog {
  const kept = new Map<string, LogRecord[]>();
  const readers = new Set<Reader>();
  const recordsOf = (topic: string): LogRecord[] => {
    const records = kept.get(topic) ?? [];
    kept.set(topic, records);
    return records;
  };
  const hand = (reader: Reader, record: LogRecord): void => {
    reader.work = reader.work.then(async () => {
      await reader.options.onBatch({ topic: record.topic, partition: 0, records: [record] });
    });
  };
  const add = ({ topic, key, value }: NewRecord): Position => {
    const records = recordsOf(topic);
    const record = { topic, partition: 0, offset: records.length, key, value, timestampMs: nowMs() };
    records.push(record);
    for (const reader of readers) {
      if (reader.options.topics.includes(topic)) hand(reader, record);
    }
    return record;
  };
  return {
    ensureTopics: async () => undefined,
    append: async (records) => records.map(add),
    async subscribe(options): Promise<Subscription> {
      const reader = { options, work: Promise.resolve() };
      readers.add(reader);
      for (const topic of options.startAt === 'earliest' ? options.topics : []) {
        for (const record of recordsOf(topic)) hand(reader, record);
      }
      return {
        async stop() {
          readers.delete(reader);
          await reader.work;
        },
      };
    },
    read: async (topic, _partition, from, limit) => recordsOf(topic).slice(from, from + limit),
    partitions: async (topic) => [
      { topic, partition: 0, firstOffset: 0, nextOffset: recordsOf(topic).length },
    ],
    committed: async () => new Map(),
    close: async () => undefined,
  };
}
