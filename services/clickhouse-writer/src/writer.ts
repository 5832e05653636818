import type { EventLog, LogBatch, NewRecord, Subscription } from '@fairlead/event-log';
import { type Clock, DeadLetter, encodeFrames } from '@fairlead/model';
import {
  backoffMs,
  type Component,
  createLedger,
  createRateLimitedLog,
  pause,
  type Telemetry,
} from '@fairlead/runtime';
import { storedTopics, type TelemetryStore } from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import type { ClickhouseWriterConfig } from './config.ts';
import { createPartitionWriter, type PartitionWriter, type Result } from './partition-writer.ts';
import type { SizedRecord } from './sized-record.ts';
import { createStoreCondition } from './store-condition.ts';

const SERVICE = 'clickhouse-writer';

/** What the schema is called among the things that fail. */
const SCHEMA = 'schema';
/** Longest time that the services after this one wait for it. */
const START_WAIT_MS = 5_000;

export interface ClickhouseWriterDeps {
  readonly log: EventLog;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Puts what the topics hold into the tables of the store, exactly once: an offset is committed after its rows are
 * stored, and what was stored without a commit is found again after a crash. It brings the schema up to date first, and
 * waits for a store or a log that is away without end, while the other services of its process run.
 */
export function createClickhouseWriter(
  config: ClickhouseWriterConfig,
  { log, store, clock, telemetry }: ClickhouseWriterDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const limitedLog = createRateLimitedLog(logger);
  const ledger = createLedger(telemetry.registry, SERVICE, 'records');
  const partitions = new Map<string, { readonly writer: PartitionWriter; bookedTo: number }>();
  const condition = createStoreCondition({ service: SERVICE, log, clock, telemetry, limitedLog });
  let opening: AbortController | undefined;
  let subscribing: Promise<void> | undefined;
  let subscription: Subscription | undefined;

  async function onBatch(batch: LogBatch): Promise<readonly NewRecord[]> {
    const id = `${batch.topic}/${batch.partition}`;
    const state = partitions.get(id) ?? {
      writer: createPartitionWriter({ ...batch, maxRows: config.maxRows }, { log, store, clock }),
      bookedTo: -1,
    };
    partitions.set(id, state);
    const letters: NewRecord[] = [];
    try {
      await state.writer.write(
        batch.records,
        (result) => {
          // A batch that is tried again is not received again.
          const fresh = result.records.filter(({ record }) => record.offset > state.bookedTo);
          state.bookedTo = Math.max(state.bookedTo, result.records.at(-1)?.record.offset ?? -1);
          book(result.kind, fresh);
          if (result.kind === 'dead-letter') letters.push(...toLetters(result));
        },
        batch.tenure,
      );
    } catch (error) {
      await condition.failed(id, 'nothing is stored', error);
      throw error;
    }
    await condition.worked(id);
    return letters;
  }

  function book(kind: Result['kind'], records: readonly SizedRecord[]): void {
    // A record that cannot be counted is one letter.
    const count = records.reduce((sum, { rows, broken }) => sum + (broken === undefined ? rows : 1), 0);
    ledger.received(count);
    if (kind === 'stored') ledger.stored(count);
    else ledger.dropped(kind, count);
  }

  function toLetters({ records, reason = '' }: Result): NewRecord[] {
    return records.flatMap(({ record: { topic, partition, offset, key, value } }) => {
      limitedLog.warn(`letter/${topic}`, { topic, partition, offset, reason }, 'record cannot be stored');
      // A dead letter that cannot be stored would come back for ever.
      if (topic === topics.deadLetter.name) return [];
      const letter: DeadLetter = {
        timeMs: clock.nowMs(),
        service: SERVICE,
        topic,
        partition,
        offset,
        reason,
        value,
      };
      return [{ topic: topics.deadLetter.name, key, value: encodeFrames(DeadLetter, [letter]) }];
    });
  }

  function subscribe(): Promise<Subscription> {
    return log.subscribe({
      topics: storedTopics,
      group: SERVICE,
      startAt: 'earliest',
      maxBatchBytes: config.maxBytes,
      lingerMs: config.maxAgeMs,
      onBatch,
      onError: (error, batch) => {
        // What onBatch threw is told already.
        if (!batch) limitedLog.warn('log', { err: error }, 'reading the log failed; it is tried again');
      },
    });
  }

  /** Gets the store and then the log ready, however long that takes. `onFailure` hears of every failed attempt. */
  async function open(signal: AbortSignal, onFailure: () => void): Promise<void> {
    await repeat(
      signal,
      () => store.migrate(),
      async (error) => {
        onFailure();
        await condition.failed(SCHEMA, 'its schema cannot be prepared', error);
      },
    );
    if (signal.aborted) return;
    await condition.worked(SCHEMA);
    subscribing = repeat(
      signal,
      async () => {
        subscription = await subscribe();
      },
      async (error) => {
        onFailure();
        const reason = error instanceof Error ? error.message : String(error);
        telemetry.setHealth(SERVICE, false, `the log cannot be read: ${reason}`);
        limitedLog.warn('subscribe', { reason }, 'the log cannot be read; it is tried again');
      },
    );
    await subscribing;
    if (subscription && !condition.isAway) telemetry.setHealth(SERVICE, true);
  }

  return {
    name: SERVICE,
    async start() {
      telemetry.setHealth(SERVICE, false, 'the store is being prepared');
      const starting = new AbortController();
      const goOn = (): void => starting.abort();
      opening = new AbortController();
      void open(opening.signal, goOn).then(goOn);
      await pause(START_WAIT_MS, starting.signal);
    },
    async stop() {
      opening?.abort();
      await subscribing;
      await subscription?.stop();
      subscription = undefined;
    },
  };
}

/** Does the work again, after pauses that grow, until it has succeeded once or the signal aborts. */
async function repeat(
  signal: AbortSignal,
  work: () => Promise<void>,
  onFailure: (error: unknown) => Promise<void>,
): Promise<void> {
  const isAborted = (): boolean => signal.aborted;
  for (let failures = 1; !isAborted(); failures += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (isAborted()) return;
      await onFailure(error);
      await pause(backoffMs(failures, { maxMs: 10_000 }), signal);
    }
  }
}
