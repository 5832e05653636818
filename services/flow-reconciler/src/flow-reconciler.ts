import type { EventLog, LogBatch, Subscription } from '@fairlead/event-log';
import {
  type Agreement,
  type ComparedMinute,
  createReconciliation,
  type Reconciliation,
} from '@fairlead/flow-enrichment';
import {
  type Clock,
  decodeFrames,
  encodeFrames,
  type EventKind,
  FrameError,
  type InventorySource,
  Severity,
  type WanEvent,
  type WanReconciliation,
} from '@fairlead/model';
import {
  type Component,
  createLedger,
  createRateLimitedLog,
  type Ledger,
  type Telemetry,
} from '@fairlead/runtime';
import { type Topic, topics } from '@fairlead/topics';
import { Gauge } from 'prom-client';
import type { FlowReconcilerConfig } from './config.ts';
import { readFlows } from './read-flows.ts';

export interface FlowReconcilerDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const SERVICE = 'flow-reconciler';

/**
 * Compares the bytes of `flows` with those of `wan-utilisation`, per WAN, direction and minute of event time. Each minute
 * is a record of `wan-reconciliation`, its ratio a metric; a gap that lasts is an event, told once when it comes and once when it goes.
 *
 * It begins with what is new when it starts and remembers nothing beyond its life: the first minutes are compared one
 * active timeout later, and a gap that was told before a restart is told again.
 */
export function createFlowReconciler(
  config: FlowReconcilerConfig,
  { log, inventory, clock, telemetry }: FlowReconcilerDeps,
): Component {
  const limited = createRateLimitedLog(telemetry.log.child({ service: SERVICE }));
  const ledgers = {
    flows: createLedger(telemetry.registry, SERVICE, 'flows'),
    samples: createLedger(telemetry.registry, SERVICE, 'samples'),
    minutes: createLedger(telemetry.registry, SERVICE, 'minutes'),
    events: createLedger(telemetry.registry, SERVICE, 'events'),
  };
  const ratios = new Gauge({
    name: 'fairlead_flow_counter_ratio',
    help: 'Bytes of flows by bytes of the interface counters, of the last minute that was compared. 0.85 to 0.95 is normal.',
    labelNames: ['router', 'wan', 'direction'],
    registers: [telemetry.registry],
  });
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;

  /** Values of one topic; what cannot be read counts as one record. */
  function readValues({ topic, records }: LogBatch, read: (value: Uint8Array) => void): void {
    const ledger = topic === topics.flows.name ? ledgers.flows : ledgers.samples;
    for (const { value, partition, offset } of records) {
      try {
        read(value);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        ledger.received();
        ledger.dropped('broken');
        limited.warn('broken', { topic, partition, offset, err: error }, 'broken record');
      }
    }
  }

  function addFlows(reconciliation: Reconciliation, batch: LogBatch): void {
    const counts = new Map<string | undefined, number>();
    readValues(batch, (value) => {
      readFlows(value, (flow) => {
        const unused = reconciliation.addFlow(flow);
        counts.set(unused, (counts.get(unused) ?? 0) + 1);
      });
    });
    for (const [unused, count] of counts) {
      ledgers.flows.received(count);
      if (unused === undefined) ledgers.flows.decoded(count);
      else ledgers.flows.dropped(unused, count);
    }
  }

  async function addSamples(reconciliation: Reconciliation, batch: LogBatch): Promise<void> {
    const events: WanEvent[] = [];
    const minutes: WanReconciliation[] = [];
    let decoded = 0;
    readValues(batch, (value) => {
      const samples = decodeFrames(topics.wanUtilisation.codec, value);
      ledgers.samples.received(samples.length);
      decoded += samples.length;
      for (const minute of samples.flatMap((sample) => reconciliation.addUtilisation(sample))) {
        const { router, wan, direction, ratio, change } = minute;
        ratios.set({ router, wan, direction }, ratio);
        minutes.push(toRecord(minute));
        if (change) events.push(toEvent(minute, change, config));
      }
    });
    await append(topics.wanReconciliation, minutes, ledgers.minutes);
    await append(topics.wanEvents, events, ledgers.events);
    ledgers.samples.decoded(decoded);
  }

  /** The minutes are forgotten by now, so a batch that failed here must not come again. */
  async function append<T extends { readonly router: string }>(
    { name, codec }: Topic<T>,
    records: readonly T[],
    ledger: Ledger,
  ): Promise<void> {
    if (records.length === 0) return;
    ledger.received(records.length);
    try {
      await log.append(
        records.map((record) => ({ topic: name, key: record.router, value: encodeFrames(codec, [record]) })),
      );
      ledger.stored(records.length);
    } catch (error) {
      ledger.dropped('append-failed', records.length);
      limited.warn('append', { err: error, topic: name }, 'records not stored');
    }
  }

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics([
        topics.flows,
        topics.wanUtilisation,
        topics.wanReconciliation,
        topics.wanEvents,
      ]);
      const reconciliation = createReconciliation(inventory.current(), { ...config, sinceMs: clock.nowMs() });
      unfollow = inventory.subscribe((change) => {
        reconciliation.replaceInventory(change.inventory, clock.nowMs());
        for (const { name, wans } of change.removed) {
          for (const wan of wans)
            for (const direction of ['in', 'out']) ratios.remove(name, wan.name, direction);
        }
      });
      subscription = await log.subscribe({
        topics: [topics.flows.name, topics.wanUtilisation.name],
        startAt: 'latest',
        async onBatch(batch) {
          if (batch.topic === topics.flows.name) addFlows(reconciliation, batch);
          else await addSamples(reconciliation, batch);
          telemetry.setHealth(SERVICE, true);
        },
        onError(error, batch) {
          telemetry.setHealth(SERVICE, false, 'a batch failed and is tried again');
          limited.warn('batch', { err: error, topic: batch?.topic }, 'batch failed');
        },
      });
      telemetry.setHealth(SERVICE, true);
    },
    async stop() {
      unfollow?.();
      await subscription?.stop();
      subscription = undefined;
    },
  };
}

const kindOf = {
  missing: 'flows-missing',
  above: 'flows-above-counters',
  reconciled: 'flows-reconciled',
} as const satisfies Record<Agreement, EventKind>;

const toRecord = ({
  minuteMs,
  site,
  router,
  wan,
  direction,
  flowBytes,
  counterBytes,
  ratio,
}: ComparedMinute): WanReconciliation => ({
  timeMs: minuteMs,
  site,
  router,
  wan,
  direction,
  flowBytes: Math.round(flowBytes),
  counterBytes: Math.round(counterBytes),
  ratio,
});

function toEvent(
  { router, site, wan, direction, minuteMs }: ComparedMinute,
  { agreement, ratio }: NonNullable<ComparedMinute['change']>,
  { raiseAbove, clearBelow, minutes }: FlowReconcilerConfig,
): WanEvent {
  const kind = kindOf[agreement];
  const gap = agreement === 'reconciled' ? clearBelow : raiseAbove;
  return {
    // Both directions can change in the same minute.
    id: `${router}/${wan}/${kind}-${direction}/${minuteMs}`,
    timeMs: minuteMs,
    site,
    router,
    wan,
    kind,
    severity: agreement === 'reconciled' ? Severity.INFO : Severity.WARNING,
    message: `${wan} ${direction}: flows account for ${Math.round(ratio * 100)} % of the counters over ${minutes} min`,
    value: ratio,
    limit: ratio > 1 ? 1 + gap : 1 - gap,
  };
}
