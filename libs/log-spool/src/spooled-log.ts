import {
  AppendError,
  type EventLog,
  type NewRecord,
  type Position,
  type TopicSpec,
} from '@fairlead/event-log';
import { backoffMs, createLedger, createRateLimitedLog, pause, type Telemetry } from '@fairlead/runtime';
import type { SpoolConfig } from './config.ts';
import { subscribeLate } from './late-subscription.ts';
import { countRecords, openSpool, type SpoolBatch } from './spool.ts';
import { showSpool } from './spool-metrics.ts';

export interface SpooledLogOptions extends SpoolConfig {
  readonly directory: string;
  /** Whose appends these are, in logs, metrics and health. */
  readonly service: string;
  /**
   * Opens the log behind the spool; tried again until it succeeds. Its appends should have no deadline of their own: one
   * that is given up, though the log may have taken it, is appended again from the spool.
   */
  readonly open: () => Promise<EventLog>;
  readonly telemetry: Telemetry;
}

/** Bytes of one append from the spool. */
const DRAIN_BYTES = 2 ** 20;
/** How long a caller waits for the log behind to be there; from then on its absence is the spool's business. */
const FIRST_OPEN_MS = 2_000;
/** Pause after the disk did not give back what it has. */
const UNREADABLE_MS = 1_000;

/**
 * An event log for collectors, which start and go on while the log behind it is away: a subscription begins then when that is
 * there. While the log behind it takes what is appended, that goes straight through; when an append
 * fails or takes longer than `afterMs`, it and what comes behind it go to the disk, and from there into the log, in order,
 * once it is back. An append resolves when the log or the disk has it, without positions in the second case.
 *
 * The ledger (of the service, unit `spooled`): received = stored + dropped by reason + what waits. Reasons are
 * `spool-full`, `unreadable` (the disk gave back something else), `cut-off` (the end of the spool was gone when it was opened) and
 * `refused` (the log will never take it).
 */
export async function createSpooledLog(options: SpooledLogOptions): Promise<EventLog> {
  const { afterMs, telemetry, service } = options;
  const part = `spool of ${service}`;
  const logger = telemetry.log.child({ service });
  const limited = createRateLimitedLog(logger);
  const ledger = createLedger(telemetry.registry, service, 'spooled');
  /** Lost before this process: what it did not get in the books of another, it gets in its own. */
  let isOpening = true;
  const spool = await openSpool({
    ...options,
    onDropped(reason, records) {
      if (isOpening) ledger.received(records);
      ledger.dropped(reason, records);
      limited.warn(reason, { reason, records }, 'records dropped from the spool');
    },
  });
  isOpening = false;
  const closing = new AbortController();
  const wanted = new Map<string, TopicSpec>();
  const direct = new Set<Promise<unknown>>();
  /** Direct appends that took too long, and are on the disk as well. */
  let overdue = 0;
  let log: EventLog | undefined;
  let draining: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  ledger.received(spool.waiting.records);
  showSpool(telemetry.registry, service, () => spool.waiting);

  const opened = openUntilDone();
  await within(FIRST_OPEN_MS, opened);

  async function openUntilDone(): Promise<EventLog> {
    for (let failures = 1; ; failures += 1) {
      try {
        const found = await options.open();
        if (closing.signal.aborted) await found.close();
        else log = found;
        pump();
        return found;
      } catch (error) {
        sayAway(error);
        await pause(backoffMs(failures, { baseMs: 500, maxMs: 5_000 }), closing.signal);
        if (closing.signal.aborted) throw new AppendError('the event log is closed');
      }
    }
  }
  opened.catch(() => undefined);

  function sayAway(error: unknown): void {
    telemetry.setHealth(part, false, 'the event log takes nothing; collectors go on with the spool');
    limited.warn('away', { err: error, ...spool.waiting }, 'the event log takes nothing');
  }

  async function keep(
    records: readonly NewRecord[],
  ): Promise<{ readonly segment: number; readonly offset: number }> {
    const place = await spool.write(records);
    ledger.received(countRecords(records));
    return place;
  }

  async function appendDirectly(
    behind: EventLog,
    records: readonly NewRecord[],
  ): Promise<readonly Position[]> {
    // After the time has passed the caller may use its memory again, while the log behind still looks at the values.
    const own = records.map((record) => ({ ...record, value: Uint8Array.from(record.value) }));
    const attempt = behind.append(own);
    const timer = new AbortController();
    let outcome: readonly Position[] | 'late';
    try {
      outcome = await Promise.race([attempt, pause(afterMs, timer.signal).then(() => 'late' as const)]);
    } catch (error) {
      sayAway(error);
      await keep(own);
      pump();
      return [];
    } finally {
      timer.abort();
    }
    if (outcome !== 'late') return outcome;
    overdue += 1;
    sayAway(new Error(`an append takes longer than ${afterMs} ms`));
    try {
      const place = await keep(own);
      void attempt
        .then(
          () => spool.settle(place) && ledger.stored(countRecords(own)),
          () => undefined,
        )
        .finally(endOverdue);
      return [];
    } catch {
      // No room on the disk: then it is the log alone that can take it.
      return await attempt.finally(endOverdue);
    }
  }

  function endOverdue(): void {
    overdue -= 1;
    pump();
  }

  function pump(): void {
    if (!log || draining || overdue > 0 || closing.signal.aborted) return;
    if (spool.isEmpty) {
      telemetry.setHealth(part, true);
      return;
    }
    draining = drain(log)
      .catch(sayUnreadable)
      .finally(() => {
        draining = undefined;
        if (overdue === 0 && !spool.isEmpty) pump();
      });
  }

  async function drain(behind: EventLog): Promise<void> {
    for (;;) {
      const batch = await spool.take(DRAIN_BYTES);
      if (!batch) break;
      const isDelivered = await deliver(behind, batch);
      if (closing.signal.aborted) return;
      if (isDelivered) ledger.stored(batch.count);
      else ledger.dropped('refused', batch.count);
      await noteDone(batch);
    }
    logger.info('the spool is empty');
    telemetry.setHealth(part, true);
  }

  /** What was delivered and not noted would be delivered again by the next process. */
  async function noteDone(batch: SpoolBatch): Promise<void> {
    for (let failures = 1; !closing.signal.aborted; failures += 1) {
      try {
        await spool.done(batch);
        return;
      } catch (error) {
        limited.warn('position', { err: error }, 'how far the spool is delivered cannot be written');
        await pause(backoffMs(failures, { maxMs: 5_000 }), closing.signal);
      }
    }
  }

  async function sayUnreadable(error: unknown): Promise<void> {
    limited.warn('read', { err: error }, 'the spool cannot be read; it is tried again');
    await pause(UNREADABLE_MS, closing.signal);
  }

  /** Tries until the log has taken the batch (true), will never take it (false), or all is closed. */
  async function deliver(behind: EventLog, { records }: SpoolBatch): Promise<boolean> {
    if (records.length === 0) return true;
    for (let failures = 1; !closing.signal.aborted; failures += 1) {
      try {
        await behind.ensureTopics([...wanted.values()]);
        await behind.append(records);
        return true;
      } catch (error) {
        if (error instanceof AppendError && error.isPermanent) {
          limited.warn('refused', { err: error }, 'the event log refuses what the spool holds');
          return false;
        }
        sayAway(error);
        await pause(backoffMs(failures, { baseMs: 100, maxMs: 5_000 }), closing.signal);
      }
    }
    return false;
  }

  async function close(): Promise<void> {
    closing.abort();
    await log?.close();
    await Promise.allSettled([...direct]);
    await draining;
    await spool.close();
  }

  return {
    async ensureTopics(topics) {
      for (const topic of topics) wanted.set(topic.name, topic);
      // What cannot be ensured now is before the first delivery.
      if (log) await within(FIRST_OPEN_MS, log.ensureTopics(topics).catch(sayAway));
    },
    async append(records) {
      if (closed) throw new AppendError('the event log is closed');
      if (records.length === 0) return [];
      if (!log || !spool.isEmpty || overdue > 0) {
        await keep(records);
        pump();
        return [];
      }
      const appending = appendDirectly(log, records);
      direct.add(appending);
      return appending.finally(() => direct.delete(appending));
    },
    async subscribe(subscribe) {
      const late = subscribeLate(opened, subscribe, closing.signal);
      if (log) await within(FIRST_OPEN_MS, late.begun);
      return late;
    },
    read: async (topic, partition, fromOffset, limit) =>
      (await opened).read(topic, partition, fromOffset, limit),
    partitions: async (topic) => (await opened).partitions(topic),
    committed: async (group, topic) => (await opened).committed(group, topic),
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** Waits for something that goes on regardless, but no longer than that. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([work, pause(ms, waiting.signal)]).finally(() => waiting.abort());
}
