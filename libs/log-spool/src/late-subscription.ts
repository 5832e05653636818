import type { EventLog, SubscribeOptions, Subscription } from '@fairlead/event-log';
import { backoffMs, pause } from '@fairlead/runtime';

/** A subscription that may not have begun yet. */
export interface LateSubscription extends Subscription {
  /** Resolves when it has begun, or never will. */
  readonly begun: Promise<void>;
}

/**
 * Subscribes when the log is there, and tries until that has succeeded. `onError` hears of what fails.
 * @param opened the log, once it is open
 * @param closing aborts when there will be no log any more
 */
export function subscribeLate(
  opened: Promise<EventLog>,
  options: SubscribeOptions,
  closing: AbortSignal,
): LateSubscription {
  const stopping = new AbortController();
  const signal = AbortSignal.any([closing, stopping.signal]);
  const isStopped = (): boolean => signal.aborted;
  let inner: Subscription | undefined;

  const subscribe = async (): Promise<void> => {
    const log = await opened;
    for (let failures = 1; !isStopped(); failures += 1) {
      try {
        inner = await log.subscribe(options);
        if (isStopped()) await inner.stop();
        return;
      } catch (error) {
        if (isStopped()) return;
        options.onError?.(error, undefined);
        await pause(backoffMs(failures, { maxMs: 5_000 }), signal);
      }
    }
  };

  return {
    // A log that is closed before it was open is nobody's failure.
    begun: subscribe().catch(() => undefined),
    async stop() {
      stopping.abort();
      await inner?.stop();
    },
  };
}
