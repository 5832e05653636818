import type { EventLog, LogBatch, Subscription } from '@fairlead/event-log';
import type { Topic } from '@fairlead/topics';
import { decodeOrUndefined, readTail, type Tail } from './log-tail.ts';

/** A topic to follow: how much of its past is wanted, and what to do with its records. */
export interface FeedSource {
  readonly name: string;
  /** Reads the past; what it returns puts the past to use. */
  readTail(): Promise<{ readonly next: ReadonlyMap<number, number>; apply(): void }>;
  /** Puts one new value to use. */
  apply(value: Uint8Array): void;
}

export interface FeedCounts {
  received(count: number): void;
  broken(count: number): void;
}

export function feedSource<T>(
  log: EventLog,
  topic: Topic<T>,
  past: { readonly sinceMs: () => number; readonly values: number },
  counts: FeedCounts,
  apply: (records: readonly T[]) => void,
): FeedSource {
  const applyDecoded = (records: readonly T[]): void => {
    counts.received(records.length);
    apply(records);
  };
  const countBroken = (values: number): void => {
    if (values === 0) return;
    // How many records were in it cannot be known: a broken value counts as one.
    counts.received(values);
    counts.broken(values);
  };
  return {
    name: topic.name,
    async readTail() {
      const tail: Tail<T> = await readTail(log, topic, { sinceMs: past.sinceMs(), values: past.values });
      return {
        next: tail.next,
        apply() {
          countBroken(tail.broken);
          applyDecoded(tail.records);
        },
      };
    },
    apply(value) {
      const records = decodeOrUndefined(topic.codec, value);
      if (records) applyDecoded(records);
      else countBroken(1);
    },
  };
}

/**
 * Puts the past of all sources to use, in their order, then what is appended from now on. The subscription stands
 * before the past is read and waits, and what both saw is used once: nothing falls between them.
 */
export async function followLog(
  log: EventLog,
  sources: readonly FeedSource[],
  on: { past(): void; batch(): void; error(error: unknown): void },
): Promise<Subscription> {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const next = new Map<string, ReadonlyMap<number, number>>();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const subscription = await log.subscribe({
    topics: [...byName.keys()],
    startAt: 'latest',
    onError: on.error,
    async onBatch(batch: LogBatch) {
      await gate;
      const from = next.get(batch.topic)?.get(batch.partition) ?? 0;
      const source = byName.get(batch.topic);
      for (const record of batch.records) if (record.offset >= from) source?.apply(record.value);
      on.batch();
    },
  });
  try {
    for (const source of sources) {
      const tail = await source.readTail();
      next.set(source.name, tail.next);
      tail.apply();
    }
    on.past();
  } catch (error) {
    open();
    await subscription.stop();
    throw error;
  }
  open();
  return subscription;
}
