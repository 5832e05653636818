import { AppendError, type EventLog, type NewRecord } from '@fairlead/event-log';
import { backoffMs, type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import type { Batch, BatchQueue } from './batch-queue.ts';

/** Moves the batches of a queue into the log, one append after the other, so that a key keeps its order. */
export interface BatchAppender {
  /** Begins to append what is sealed, unless that is under way. */
  pump(): void;
  /** Waits so long for what is sealed, and then gives up: nothing is booked any more. */
  drain(deadlineMs: number): Promise<void>;
}

export interface BatchAppenderOptions {
  readonly log: EventLog;
  readonly topic: string;
  readonly queue: Pick<BatchQueue<never>, 'take' | 'release' | 'sealed'>;
  readonly ledger: Ledger;
  readonly warnings: RateLimitedLog;
  readonly onHealth: (isHealthy: boolean, detail?: string) => void;
}

/** Bytes of one append; many sources share it. */
const APPEND_BYTES = 4 * 2 ** 20;

export function createBatchAppender(options: BatchAppenderOptions): BatchAppender {
  const { log, topic, queue, ledger, warnings, onHealth } = options;
  const giveUp = new AbortController();
  let appending: Promise<void> | undefined;

  function pump(): void {
    if (!appending && queue.sealed > 0) appending = appendAll();
  }

  async function appendAll(): Promise<void> {
    for (;;) {
      const batches = queue.take(APPEND_BYTES);
      if (batches.length === 0) {
        appending = undefined;
        return;
      }
      const { stored, failures } = await store(batches);
      if (giveUp.signal.aborted) return;
      const datagrams = batches.reduce((sum, { count }) => sum + count, 0);
      if (stored) ledger.stored(datagrams);
      else ledger.dropped('append-failed', datagrams);
      // An append that failed may still be under way, and read the values.
      queue.release(batches, failures === 0);
    }
  }

  /** Tries until the log has taken the batches or draining gives up; the queue is the bound meanwhile. */
  async function store(batches: readonly Batch[]): Promise<{ stored: boolean; failures: number }> {
    const records: NewRecord[] = batches.map(({ key, gatherer }) => ({
      topic,
      key,
      value: gatherer.finish(),
    }));
    for (let failures = 0; ;) {
      try {
        await log.append(records);
        onHealth(true);
        return { stored: true, failures };
      } catch (error) {
        failures += 1;
        onHealth(false, 'the event log does not take records');
        warnings.warn('append', { err: error, failures }, 'append failed');
        if (!(error instanceof AppendError) || giveUp.signal.aborted) return { stored: false, failures };
      }
      await pause(backoffMs(failures, { baseMs: 50, maxMs: 5_000 }), giveUp.signal);
    }
  }

  return {
    pump,
    async drain(deadlineMs) {
      const drained = new AbortController();
      await Promise.race([appending, pause(deadlineMs, drained.signal)]);
      drained.abort();
      giveUp.abort();
    },
  };
}
