import type { EventLog, LogBatch, NewRecord, Subscription } from '@fairlead/event-log';
import { type Clock, DeadLetter, encodeFrames, Severity, WanEvent } from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import type { TelemetryStore } from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import type { ClickhouseWriterConfig } from './config.ts';
import { createPartitionWriter, type PartitionWriter, type Result } from './partition-writer.ts';
import type { SizedRecord } from './sized-record.ts';

const SERVICE = 'clickhouse-writer';

const STORED_TOPICS = Object.values(topics)
  .map(({ name }) => name)
  .filter((name) => name !== topics.rawNetflow.name);

export interface ClickhouseWriterDeps {
  readonly log: EventLog;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Puts what the topics hold into the tables of the store, exactly once: an offset is committed after its rows are
 * stored, and what was stored without a commit is found again after a crash.
 */
export function createClickhouseWriter(
  config: ClickhouseWriterConfig,
  { log, store, clock, telemetry }: ClickhouseWriterDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const limitedLog = createRateLimitedLog(logger);
  const ledger = createLedger(telemetry.registry, SERVICE, 'records');
  const partitions = new Map<string, { readonly writer: PartitionWriter; bookedTo: number }>();
  const failing = new Set<string>();
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
      await storeAway(id, error);
      throw error;
    }
    await storeBack(id);
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

  async function storeAway(id: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    limitedLog.warn('away', { partition: id, reason }, 'insert failed; it is tried again');
    telemetry.setHealth(SERVICE, false, `the store refuses inserts: ${reason}`);
    failing.add(id);
    if (failing.size === 1) await tell('store-away', Severity.ERROR, `Inserts fail: ${reason}`);
  }

  async function storeBack(id: string): Promise<void> {
    if (!failing.delete(id) || failing.size > 0) return;
    telemetry.setHealth(SERVICE, true);
    logger.info('inserts succeed again');
    await tell('store-back', Severity.INFO, 'Inserts succeed again.');
  }

  /** An event that no router is the cause of. */
  async function tell(kind: 'store-away' | 'store-back', severity: Severity, message: string): Promise<void> {
    const timeMs = clock.nowMs();
    const event: WanEvent = {
      id: `${SERVICE}//${kind}/${timeMs}`,
      timeMs,
      site: '',
      router: '',
      wan: '',
      kind,
      severity,
      message,
      value: undefined,
      limit: undefined,
    };
    const record = { topic: topics.wanEvents.name, key: SERVICE, value: encodeFrames(WanEvent, [event]) };
    try {
      await log.append([record]);
    } catch (error) {
      limitedLog.warn('event', { kind, err: error }, 'event not appended');
    }
  }

  return {
    name: SERVICE,
    async start() {
      telemetry.setHealth(SERVICE, true);
      subscription = await log.subscribe({
        topics: STORED_TOPICS,
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
    },
    async stop() {
      await subscription?.stop();
      subscription = undefined;
    },
  };
}
