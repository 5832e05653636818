import { type Clock, Severity } from '@fairlead/model';
import { backoffMs, type Ledger, pause, type RateLimitedLog } from '@fairlead/runtime';
import { SnmpError, type SnmpTransport } from '@fairlead/snmp';
import type { SnmpRouter } from './agent-access.ts';
import type { SnmpCollectorConfig } from './config.ts';
import { connect, type Connection } from './connection.ts';
import { nextTick } from './next-tick.ts';
import type { RecordStore } from './record-store.ts';
import { toCounters } from './to-counters.ts';

export interface WatchDeps {
  readonly config: SnmpCollectorConfig;
  readonly transport: SnmpTransport;
  readonly clock: Clock;
  readonly store: RecordStore;
  readonly limited: RateLimitedLog;
  /** Polls that were due: received = decoded + dropped. */
  readonly polls: Ledger;
  /** What agents sent and nobody could use. */
  readonly values: Ledger;
  /** Told, of each poll whose counters were stored, the milliseconds from when it was due until the log had its counters. */
  readonly onPolled: (elapsedMs: number) => void;
}

/** The first poll, which finds the interfaces, may take longer than the interval. */
const FIRST_POLL_MS = 30_000;
/** After so many failures in a row the name is resolved and the interfaces are looked for anew. */
const FORGET_AFTER = 3;

/**
 * Polls one router until it is to stop: one poll under way, over before the next is due, missed ticks skipped, pauses that
 * grow while it does not answer.
 */
export async function watchRouter(
  router: SnmpRouter,
  startAfterMs: number,
  { config, transport, clock, store, limited, polls, values, onPolled }: WatchDeps,
  signal: AbortSignal,
): Promise<void> {
  const { intervalMs } = router.snmp;
  const isStopping = (): boolean => signal.aborted;
  let failures = 0;
  let connection: Connection | undefined;
  const disconnect = (): void => connection?.close();
  signal.addEventListener('abort', disconnect);
  await pause(startAfterMs, signal);
  let startedMs = clock.monotonicMs();
  let tickMs = startedMs;
  const untilNextMs = (): number => tickMs + intervalMs - clock.monotonicMs();

  const waitMs = (): number =>
    backoffMs(failures, { baseMs: intervalMs, maxMs: Math.max(config.maxBackoffMs, intervalMs) });

  const open = (): Connection =>
    connect(router, config, {
      transport,
      clock,
      onFault(fault) {
        values.received();
        values.dropped(fault);
      },
      onSensorError(error) {
        limited.warn(`${router.name}/sensors`, { router: router.name, err: error }, 'sensors not read');
      },
    });

  while (!isStopping()) {
    polls.received();
    try {
      const isFirst = connection === undefined;
      connection ??= open();
      const read = await connection.poller.poll(isFirst ? FIRST_POLL_MS : untilNextMs());
      polls.decoded();
      const counters = read.flatMap((poll) => toCounters(router.name, poll));
      warnOfMissing(new Set(counters.map((sample) => sample.interface)));
      if (await store.counters(router.name, counters)) onPolled(clock.monotonicMs() - tickMs);
      if (failures > 0) {
        await store.event(router, 'router-reachable', Severity.INFO, 'answers SNMP again');
      }
      failures = 0;
      const sensors = await connection.readSensors(untilNextMs);
      if (sensors) await store.sensors(router.name, sensors);
      const nextMs = nextTick(startedMs, intervalMs, clock.monotonicMs());
      const missed = Math.round((nextMs - tickMs) / intervalMs) - 1;
      if (missed > 0) {
        polls.received(missed);
        polls.dropped('missed-tick', missed);
      }
      tickMs = nextMs;
    } catch (error) {
      if (isStopping()) {
        polls.dropped('stopped');
        break;
      }
      failures += 1;
      await fail(error);
      startedMs = clock.monotonicMs() + waitMs();
      tickMs = startedMs;
    }
    await pause(tickMs - clock.monotonicMs(), signal);
  }
  disconnect();
  signal.removeEventListener('abort', disconnect);

  async function fail(error: unknown): Promise<void> {
    const isLoss = error instanceof SnmpError && (error.kind === 'timeout' || error.kind === 'malformed');
    if (!isLoss || failures >= FORGET_AFTER) {
      disconnect();
      connection = undefined;
    }
    polls.dropped(error instanceof SnmpError ? error.kind : 'failed');
    limited.warn(router.name, { router: router.name, err: error, failures }, 'snmp poll failed');
    if (failures === 1) {
      const reason = error instanceof Error ? error.message : String(error);
      await store.event(router, 'router-unreachable', Severity.ERROR, `SNMP poll failed: ${reason}`);
    }
  }

  function warnOfMissing(found: ReadonlySet<string>): void {
    const interfaces = router.wans.map((wan) => wan.interface).filter((name) => !found.has(name));
    if (interfaces.length === 0) return;
    const fields = { router: router.name, interfaces };
    limited.warn(`${router.name}/missing`, fields, 'the agent has no such interfaces');
  }
}
