import { AppendError, type EventLog } from '@fairlead/event-log';
import { createMemoryLog } from '@fairlead/live-gateway/testing';
import { type Component, createTelemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { describe, expect, it } from 'vitest';
import { awaitLog } from './awaited-log.ts';

const ORDERS = topics.orders.name;

/** A log that is away until it is told otherwise; `away` says for what. */
function bench() {
  const telemetry = createTelemetry({ level: 'silent' });
  const memory = createMemoryLog();
  const away = { open: true, partitions: false };
  const calls = { open: 0, partitions: 0 };
  const attempt = (what: keyof typeof away): void => {
    calls[what] += 1;
    if (away[what]) throw new Error(`no broker for ${what}`);
  };
  const open = async (): Promise<EventLog> => {
    attempt('open');
    return {
      ...memory,
      async partitions(topic) {
        attempt('partitions');
        return memory.partitions(topic);
      },
    };
  };
  return { telemetry, away, calls, awaited: awaitLog(open, telemetry) };
}

const component = (start: () => Promise<unknown>): Component => ({
  name: 'service',
  async start() {
    await start();
  },
  stop: async () => undefined,
});

describe('an event log that is away at the start', () => {
  it('is tried until it is there; until then calls wait, appends are refused and health says why', async () => {
    const { telemetry, away, calls, awaited } = bench();
    let read: unknown;
    void awaited.log.partitions(ORDERS).then((found) => (read = found));
    await expect(awaited.log.append([])).rejects.toThrow(AppendError);
    await until('it was tried twice', () => calls.open >= 2);
    expect(telemetry.health()).toEqual({
      healthy: false,
      parts: { 'event-log': 'away, it cannot be opened: no broker for open' },
    });
    expect(read).toBeUndefined();

    away.open = false;
    await awaited.opened;
    await until('what waited has its answer', () => read !== undefined);
    expect(await awaited.log.append([])).toEqual([]);
    expect(telemetry.health().healthy).toBe(true);
  });

  it('costs a service that starts time, and one that has started its call', async () => {
    const { telemetry, away, calls, awaited } = bench();
    away.open = false;
    away.partitions = true;
    let own: EventLog | undefined;
    const service = awaited.withPatience('decoder', (log) => component(() => (own = log).partitions(ORDERS)));
    const started = service.start();
    await until('it was asked twice', () => calls.partitions >= 2);
    expect(telemetry.health().parts['event-log']).toBe(
      'away, decoder cannot begin: no broker for partitions',
    );
    away.partitions = false;
    await started;
    expect(telemetry.health().healthy).toBe(true);

    away.partitions = true;
    await expect(own?.partitions(ORDERS)).rejects.toThrow('no broker for partitions');
  });

  it('is not waited for any more when that is given up', async () => {
    const { awaited } = bench();
    const service = awaited.withPatience('decoder', (log) => component(() => log.partitions(ORDERS)));
    const outcomes = Promise.allSettled([
      awaited.opened,
      service.start(),
      awaited.log.committed('g', ORDERS),
    ]);
    awaited.giveUp();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
