import { AppendError, type EventLog, type NewRecord } from '@fairlead/event-log';
import { encodeFrames } from '@fairlead/model';
import { backoffMs, type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import type { Topic } from '@fairlead/topics';

/** A message on its way into the log. */
export interface Entry<M> {
  readonly key: string;
  readonly message: M;
  /** What it takes in memory, and about what it takes in the log. */
  readonly bytes: number;
  /** Told when the log has it, or it was given up. */
  readonly onSettled: (bytes: number) => void;
}

/** Writes to one topic, in the order of writing for each key. Whoever writes asks for room first. */
export interface RecordWriter<M> {
  write(entry: Entry<M>): void;
  /** False when as much waits as may; what is written nevertheless is kept too. */
  readonly hasRoom: boolean;
  /** Waits so long for the log to take everything; what is left then is dropped as `stopped`. */
  drain(deadlineMs: number): Promise<void>;
}

export interface RecordWriterOptions<M, T> {
  readonly log: EventLog;
  readonly topic: Topic<T>;
  /** The record of a message, made when it is its turn; must not throw. */
  readonly toRecord: (message: M) => T;
  readonly ledger: Ledger;
  readonly warnings: RateLimitedLog;
  readonly queueBytes: number;
  readonly lingerMs: number;
  readonly onHealth: (isHealthy: boolean, detail?: string) => void;
  /** Told after each append. */
  readonly onProgress: () => void;
}

/** Bytes of one value, and of one append; one append is under way at a time. */
const VALUE_BYTES = 256 * 1_024;
const APPEND_BYTES = 4 * 2 ** 20;

export function createRecordWriter<M, T>(options: RecordWriterOptions<M, T>): RecordWriter<M> {
  const { log, topic, ledger, warnings, onHealth } = options;
  let waiting: Entry<M>[] = [];
  let waitingBytes = 0;
  /** With those that are being appended. */
  let count = 0;
  let bytes = 0;
  let lingerTimer: NodeJS.Timeout | undefined;
  let appending: Promise<void> | undefined;
  const giveUp = new AbortController();

  function pump(): void {
    clearTimeout(lingerTimer);
    lingerTimer = undefined;
    if (giveUp.signal.aborted || waiting.length === 0) return;
    appending ??= appendAll().finally(() => {
      appending = undefined;
      pump();
    });
  }

  async function appendAll(): Promise<void> {
    while (waiting.length > 0) {
      const entries = takeWaiting();
      const outcome = await store(toRecords(entries));
      if (giveUp.signal.aborted) return;
      if (outcome === 'stored') ledger.stored(entries.length);
      else ledger.dropped(outcome, entries.length);
      for (const entry of entries) {
        bytes -= entry.bytes;
        entry.onSettled(entry.bytes);
      }
      count -= entries.length;
      options.onProgress();
    }
  }

  function takeWaiting(): Entry<M>[] {
    let size = 0;
    let end = 0;
    while (end < waiting.length && size < APPEND_BYTES) {
      size += waiting[end]?.bytes ?? 0;
      end += 1;
    }
    const entries = waiting.slice(0, end);
    waiting = waiting.slice(end);
    waitingBytes -= size;
    return entries;
  }

  function toRecords(entries: readonly Entry<M>[]): NewRecord[] {
    const open = new Map<string, { readonly key: string; readonly records: T[]; bytes: number }>();
    const values: { readonly key: string; readonly records: T[] }[] = [];
    for (const entry of entries) {
      let value = open.get(entry.key);
      if (!value || value.bytes >= VALUE_BYTES) {
        value = { key: entry.key, records: [], bytes: 0 };
        open.set(entry.key, value);
        values.push(value);
      }
      value.records.push(options.toRecord(entry.message));
      value.bytes += entry.bytes;
    }
    return values.map(({ key, records }) => ({
      topic: topic.name,
      key,
      value: encodeFrames(topic.codec, records),
    }));
  }

  /** Tries until the log has taken the records or draining gives up; meanwhile senders wait. */
  async function store(records: readonly NewRecord[]): Promise<'stored' | 'append-failed'> {
    for (let failures = 1; ; failures += 1) {
      try {
        await log.append(records);
        onHealth(true);
        return 'stored';
      } catch (error) {
        onHealth(false, 'the event log does not take records');
        warnings.warn('append', { err: error, failures }, 'append failed');
        if (!(error instanceof AppendError) || giveUp.signal.aborted) return 'append-failed';
      }
      await pause(backoffMs(failures, { baseMs: 50, maxMs: 5_000 }), giveUp.signal);
    }
  }

  return {
    write(entry) {
      waiting.push(entry);
      waitingBytes += entry.bytes;
      count += 1;
      bytes += entry.bytes;
      if (waitingBytes >= APPEND_BYTES) pump();
      else lingerTimer ??= setTimeout(pump, options.lingerMs);
    },
    get hasRoom() {
      return bytes < options.queueBytes;
    },
    async drain(deadlineMs) {
      pump();
      const drained = new AbortController();
      await Promise.race([appending, pause(deadlineMs, drained.signal)]);
      drained.abort();
      giveUp.abort();
      if (count > 0) ledger.dropped('stopped', count);
      count = 0;
    },
  };
}
