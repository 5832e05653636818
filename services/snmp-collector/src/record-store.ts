import type { EventLog } from '@fairlead/event-log';
import {
  type Clock,
  encodeFrames,
  type EventKind,
  type InterfaceCounters,
  routerEvent,
  type SensorReading,
  type Severity,
} from '@fairlead/model';
import { createLedger, type Ledger, type RateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { type Topic, topics } from '@fairlead/topics';
import type { SnmpRouter } from './agent-access.ts';

/** Appends what was read to the event log, and keeps the books of it: received = stored + dropped. */
export interface RecordStore {
  /** @returns whether the log took them */
  counters(router: string, samples: readonly InterfaceCounters[]): Promise<boolean>;
  sensors(router: string, readings: readonly SensorReading[]): Promise<void>;
  event(router: SnmpRouter, kind: EventKind, severity: Severity, what: string): Promise<void>;
}

export function createRecordStore(
  service: string,
  { log, clock, telemetry }: { readonly log: EventLog; readonly clock: Clock; readonly telemetry: Telemetry },
  limited: RateLimitedLog,
): RecordStore {
  const ledger = (unit: string): Ledger => createLedger(telemetry.registry, service, unit);
  const books = { samples: ledger('samples'), sensors: ledger('sensors'), events: ledger('events') };

  async function append<T>(
    topic: Topic<T>,
    router: string,
    records: readonly T[],
    unit: keyof typeof books,
  ): Promise<boolean> {
    if (records.length === 0) return true;
    books[unit].received(records.length);
    try {
      await log.append([{ topic: topic.name, key: router, value: encodeFrames(topic.codec, records) }]);
      books[unit].stored(records.length);
      return true;
    } catch (error) {
      books[unit].dropped('append-failed', records.length);
      limited.warn('append', { err: error, router }, `${unit} not stored`);
      return false;
    }
  }

  return {
    async counters(router, samples) {
      const isStored = await append(topics.counters, router, samples, 'samples');
      telemetry.setHealth(service, isStored, isStored ? undefined : 'the event log takes no samples');
      return isStored;
    },
    async sensors(router, readings) {
      await append(topics.sensors, router, readings, 'sensors');
    },
    async event(router, kind, severity, what) {
      const message = `${router.name}: ${what}`;
      const event = routerEvent(router, { timeMs: clock.nowMs(), kind, severity, message });
      await append(topics.wanEvents, router.name, [event], 'events');
    },
  };
}
