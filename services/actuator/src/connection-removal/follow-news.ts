import type { EventLog, Subscription } from '@fairlead/event-log';
import { decodeFrames, WanEvent } from '@fairlead/model';
import { createLedger, type RateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';

const SERVICE = 'actuator';
/** Of several processes one hears of a router, so that its connections are removed at one rate. */
const GROUP = 'actuator-news';

/** Follows what happens to WANs from now on. */
export interface NewsFollower {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What cannot be decoded is counted; it is kept as a dead letter by others. */
export function createNewsFollower(
  log: EventLog,
  telemetry: Telemetry,
  warn: RateLimitedLog['warn'],
  onEvent: (event: WanEvent) => void,
): NewsFollower {
  const ledger = createLedger(telemetry.registry, SERVICE, 'events');
  let subscription: Subscription | undefined;

  const take = (value: Uint8Array): void => {
    let events: readonly WanEvent[];
    try {
      events = decodeFrames(WanEvent, value);
    } catch {
      ledger.received();
      ledger.dropped('undecodable');
      return;
    }
    ledger.received(events.length);
    ledger.decoded(events.length);
    for (const event of events) onEvent(event);
  };

  return {
    async start() {
      subscription = await log.subscribe({
        topics: [topics.wanEvents.name],
        group: GROUP,
        startAt: 'latest',
        onBatch: async ({ records }) => {
          for (const { value } of records) take(value);
        },
        onError: (error) => warn('news', { err: error }, 'events of WANs cannot be read'),
      });
    },
    async stop() {
      await subscription?.stop();
      subscription = undefined;
    },
  };
}
