import type { EventLog } from '@fairlead/event-log';
import { type Clock, encodeFrames, Severity, WanEvent } from '@fairlead/model';
import type { RateLimitedLog, Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';

export interface StoreConditionDeps {
  readonly service: string;
  readonly log: Pick<EventLog, 'append'>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'setHealth'>;
  readonly limitedLog: RateLimitedLog;
}

/** Whether the store does what is asked of it, and says so where it changes: in health, in the log and by an event. */
export interface StoreCondition {
  readonly isAway: boolean;
  /** Something failed that is tried again. `what` names it, a sentence without its end: "nothing is stored". */
  failed(id: string, what: string, error: unknown): Promise<void>;
  /** It worked; the store is back when nothing else fails. */
  worked(id: string): Promise<void>;
}

export function createStoreCondition(deps: StoreConditionDeps): StoreCondition {
  const { service, log, clock, telemetry, limitedLog } = deps;
  const failing = new Set<string>();

  /** An event that no router is the cause of. */
  async function tell(kind: 'store-away' | 'store-back', severity: Severity, message: string): Promise<void> {
    const timeMs = clock.nowMs();
    const event: WanEvent = {
      id: `${service}//${kind}/${timeMs}`,
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
    try {
      await log.append([
        { topic: topics.wanEvents.name, key: service, value: encodeFrames(WanEvent, [event]) },
      ]);
    } catch (error) {
      limitedLog.warn('event', { kind, err: error }, 'event not appended');
    }
  }

  return {
    get isAway() {
      return failing.size > 0;
    },
    async failed(id, what, error) {
      const reason = error instanceof Error ? error.message : String(error);
      limitedLog.warn('away', { of: id, what, reason }, 'the store is away; it is tried again');
      telemetry.setHealth(service, false, `the store is away, ${what}: ${reason}`);
      const isNews = failing.size === 0;
      failing.add(id);
      if (isNews) await tell('store-away', Severity.ERROR, `The store is away, ${what}: ${reason}`);
    },
    async worked(id) {
      if (!failing.delete(id) || failing.size > 0) return;
      telemetry.setHealth(service, true);
      limitedLog.warn('back', {}, 'the store is back');
      await tell('store-back', Severity.INFO, 'The store is back.');
    },
  };
}
