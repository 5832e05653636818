import { AppendError, type EventLog } from '@fairlead/event-log';
import { backoffMs, type Component, createRateLimitedLog, pause, type Telemetry } from '@fairlead/runtime';

/** An event log that may be away when a process starts. */
export interface AwaitedLog {
  /** Calls wait until it is open, and then are those of the log itself; appends are refused until then. */
  readonly log: EventLog;
  /** Resolves when it is open; rejects when that is given up. */
  readonly opened: Promise<unknown>;
  /**
   * A service whose start outlasts the log's absence: until it has started, what it asks of the log is asked again, after
   * pauses that grow, for as long as it fails. From then on it hears of failures itself.
   */
  withPatience(service: string, create: (log: EventLog) => Component): Component;
  /** Ends all waiting: what waits rejects. */
  giveUp(): void;
}

const PART = 'event-log';
const GIVEN_UP = 'stopped before the event log was there';
const BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** A log that is open already: nothing waits, and what fails at the start is for the caller. */
export function presentLog(log: EventLog): AwaitedLog {
  return {
    log,
    opened: Promise.resolve(),
    withPatience: (_service, create) => create(log),
    giveUp: () => undefined,
  };
}

/** Opens a log, for as long as it takes, and says in log and health why that takes so long. */
export function awaitLog(
  open: () => Promise<EventLog>,
  telemetry: Pick<Telemetry, 'log' | 'setHealth'>,
): AwaitedLog {
  const limited = createRateLimitedLog(telemetry.log);
  const givingUp = new AbortController();
  const givenUp = new Promise<never>((_resolve, reject) => {
    givingUp.signal.addEventListener('abort', () => reject(new AppendError(GIVEN_UP)), { once: true });
  });
  givenUp.catch(() => undefined);
  const failing = new Set<string>();
  let present: EventLog | undefined;

  telemetry.setHealth(PART, false, 'it is being opened');
  const opened = untilDone('it cannot be opened', async () => {
    const found = await open();
    if (givingUp.signal.aborted) await found.close();
    else present = found;
    return found;
  });
  opened.catch(() => undefined);

  async function untilDone<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        const result = await Promise.race([work(), givenUp]);
        failing.delete(what);
        if (failing.size === 0) telemetry.setHealth(PART, true);
        return result;
      } catch (error) {
        if (givingUp.signal.aborted) throw error;
        failing.add(what);
        const reason = error instanceof Error ? error.message : String(error);
        telemetry.setHealth(PART, false, `away, ${what}: ${reason}`);
        limited.warn(what, { what, reason }, 'the event log is away; it is tried again');
        await pause(backoffMs(failures, BACKOFF), givingUp.signal);
      }
    }
  }

  const log: EventLog = {
    ensureTopics: async (topics) => (await opened).ensureTopics(topics),
    append: (records) =>
      present ? present.append(records) : Promise.reject(new AppendError('the event log is not open yet')),
    subscribe: async (options) => (await opened).subscribe(options),
    read: async (topic, partition, fromOffset, limit) =>
      (await opened).read(topic, partition, fromOffset, limit),
    partitions: async (topic) => (await opened).partitions(topic),
    committed: async (group, topic) => (await opened).committed(group, topic),
    async close() {
      givingUp.abort();
      await present?.close();
    },
  };

  return {
    log,
    opened,
    withPatience(service, create) {
      let isStarted = false;
      const ask = <T>(work: () => Promise<T>): Promise<T> =>
        isStarted ? work() : untilDone(`${service} cannot begin`, work);
      const component = create({
        ...log,
        ensureTopics: (topics) => ask(() => log.ensureTopics(topics)),
        subscribe: (options) => ask(() => log.subscribe(options)),
        read: (topic, partition, fromOffset, limit) =>
          ask(() => log.read(topic, partition, fromOffset, limit)),
        partitions: (topic) => ask(() => log.partitions(topic)),
        committed: (group, topic) => ask(() => log.committed(group, topic)),
      });
      return {
        ...component,
        async start() {
          await component.start();
          isStarted = true;
        },
      };
    },
    giveUp: () => givingUp.abort(),
  };
}
