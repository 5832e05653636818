import type { LogRecord, NewRecord } from '@fairlead/event-log';
import { type DeadLetter, encodeFrames } from '@fairlead/model';
import { type Topic, topics } from '@fairlead/topics';

/** One record for each router, so that its messages stay in order. */
export function byRouter<T extends { readonly router: string }>(
  topic: Topic<T>,
  messages: readonly T[],
): NewRecord[] {
  const routers = new Map<string, T[]>();
  for (const message of messages) {
    const own = routers.get(message.router);
    if (own) own.push(message);
    else routers.set(message.router, [message]);
  }
  return [...routers].map(([key, own]) => ({
    topic: topic.name,
    key,
    value: encodeFrames(topic.codec, own),
  }));
}

/** A record that could not be read, put aside with the reason. */
export function toDeadLetter(service: string, record: LogRecord, error: unknown, timeMs: number): NewRecord {
  const letter: DeadLetter = {
    timeMs,
    service,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    reason: error instanceof Error ? error.message : String(error),
    value: record.value,
  };
  return {
    topic: topics.deadLetter.name,
    key: record.key,
    value: encodeFrames(topics.deadLetter.codec, [letter]),
  };
}
