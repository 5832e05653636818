import type { EventLog, LogBatch, NewRecord, Subscription } from '@fairlead/event-log';
import {
  type Clock,
  type Decision,
  type InventorySource,
  type WanEvent,
  type WanState,
  type WanUtilisation,
} from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { decodeRecords } from '@fairlead/rx';
import { topics } from '@fairlead/topics';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { WanProcessorConfig } from './config.ts';
import { countOutput, createHoldCounter } from './count-output.ts';
import { createPartitionMemories, type PartitionMemory, rollback } from './partition-memories.ts';
import { type CountersOutput, processCounters } from './process-counters.ts';
import { factsAt, type FactsHistory, foldFacts } from './router-facts.ts';
import { planRouters } from './router-plan.ts';
import { SAVE_INTERVAL_MS, saveMemory } from './saved-memory.ts';
import { createSilenceWatch } from './silence-watch.ts';
import { byRouter, toDeadLetter } from './to-records.ts';
import { createZoneOffsets } from './zone-offset.ts';

const SERVICE = 'wan-processor';

export interface WanProcessorDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Counters and router states in; utilisation of each WAN, events and decisions out, appended in one step with the
 * commit of what they came from. What was already worked on and comes again, because that step failed, is done again
 * from the memory before it, so nothing is lost and nothing is counted twice.
 *
 * What is remembered of a router goes into the log too, in the same step: with every decision and event, and now and
 * again. Who gets a partition takes it over and works through the counters since then, before it decides: after a
 * restart, and where processors come and go, everything goes on as if nothing had happened.
 */
export function createWanProcessor(
  config: WanProcessorConfig,
  { log, inventory, clock, telemetry }: WanProcessorDeps,
): Component {
  let plans = planRouters(inventory.current(), config);
  const logger = telemetry.log.child({ service: SERVICE });
  const limited = createRateLimitedLog(logger);
  const ledgers = {
    samples: createLedger(telemetry.registry, SERVICE, 'samples'),
    states: createLedger(telemetry.registry, SERVICE, 'states'),
    records: createLedger(telemetry.registry, SERVICE, 'records'),
  };
  const holds = createHoldCounter(telemetry.registry);
  /** Offset after the last batch of router states, by partition. */
  const statesDone = new Map<number, number>();
  const facts = new Map<string, FactsHistory>();
  const zoneOffset = createZoneOffsets();
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;
  const memories = createPartitionMemories({
    log,
    plans: () => plans,
    zoneOffset,
    async hasMissedStates(partition) {
      const committed = await log.committed(SERVICE, topics.routerState.name);
      return (committed.get(partition) ?? 0) > (statesDone.get(partition) ?? 0);
    },
    onRestored(partition, { facts: known, broken }) {
      for (const [router, history] of known) {
        facts.set(router, history);
        silences.heard(partition, router, clock.nowMs(), []);
      }
      if (broken > 0) logger.warn({ partition, routers: broken }, 'saved memories not sound');
    },
  });
  const silences = createSilenceWatch({
    log,
    clock,
    config,
    group: SERVICE,
    plans: () => plans,
    doneTo: (topic, partition) =>
      topic === topics.counters.name ? memories.nextOffset(partition) : statesDone.get(partition),
    records: ledgers.records,
    warn: limited.warn,
  });

  async function onCounters(batch: LogBatch): Promise<NewRecord[]> {
    const { memory, isRepeated } = await memories.before(batch);
    const outputs = await processCounters(batch, memory, {
      plans,
      factsAt: (router, timeMs) => factsAt(facts.get(router) ?? [], timeMs),
      zoneOffset,
      decideFromMs: clock.nowMs() - config.catchUpAfterMs,
    }).catch((error: unknown) => {
      rollback(memory);
      throw error;
    });
    memory.nextOffset = (batch.records.at(-1)?.offset ?? -1) + 1;
    for (const output of outputs) {
      if (!isRepeated) countOutput({ ...ledgers, holds }, output);
      if (output.kind === 'poll') silences.heard(batch.partition, output.router, output.timeMs, output.wans);
    }
    return [...toRecords(outputs), ...save(outputs, memory)];
  }

  /** The memory of routers of which something was decided or told, and of those that it is time for. */
  function save(outputs: readonly CountersOutput[], memory: PartitionMemory): NewRecord[] {
    const due = new Map<string, number>();
    for (const output of outputs) {
      if (output.kind !== 'poll') continue;
      const { decisions, events } = output.output;
      const savedMs = memory.routers.get(output.router)?.savedMs ?? null;
      const isDue = savedMs === null || output.timeMs - savedMs >= SAVE_INTERVAL_MS;
      if (isDue || decisions.length + events.length > 0 || due.has(output.router)) {
        due.set(output.router, output.timeMs);
      }
    }
    const states: WanState[] = [];
    for (const [router, timeMs] of due) {
      const plan = plans.get(router);
      const { nextOffset } = memory;
      const state = plan && saveMemory(plan, memory, facts.get(router) ?? [], { nextOffset, timeMs });
      if (state) states.push(state);
    }
    return byRouter(topics.wanState, states);
  }

  async function onRouterStates(batch: LogBatch): Promise<NewRecord[]> {
    const decoded = await lastValueFrom(
      from(batch.records).pipe(decodeRecords(topics.routerState.codec), toArray()),
    );
    const deadLetters: NewRecord[] = [];
    for (const entry of decoded) {
      if (entry.kind === 'broken') {
        ledgers.states.received();
        ledgers.states.dropped('broken');
        deadLetters.push(putAside(entry));
        continue;
      }
      for (const state of entry.messages) {
        ledgers.states.received();
        const plan = plans.get(state.router);
        if (!plan) {
          ledgers.states.dropped('unknown-router');
          continue;
        }
        ledgers.states.decoded();
        silences.heard(batch.partition, state.router, state.timeMs, []);
        facts.set(state.router, foldFacts(facts.get(state.router) ?? [], state, plan));
      }
    }
    statesDone.set(batch.partition, (batch.records.at(-1)?.offset ?? -1) + 1);
    return deadLetters;
  }

  function toRecords(outputs: readonly CountersOutput[]): NewRecord[] {
    const utilisation: WanUtilisation[] = [];
    const events: WanEvent[] = [];
    const decisions: Decision[] = [];
    const records: NewRecord[] = [];
    for (const output of outputs) {
      if (output.kind === 'broken') records.push(putAside(output));
      if (output.kind !== 'poll') continue;
      utilisation.push(...output.output.utilisation);
      events.push(...output.output.events);
      decisions.push(...output.output.decisions);
    }
    records.push(
      ...byRouter(topics.decisions, decisions),
      ...byRouter(topics.wanEvents, events),
      ...byRouter(topics.wanUtilisation, utilisation),
    );
    return records;
  }

  function putAside({ record, error }: Extract<CountersOutput, { kind: 'broken' }>): NewRecord {
    const { topic, offset } = record;
    limited.warn(`broken/${topic}`, { topic, offset, err: error }, 'broken record');
    return toDeadLetter(SERVICE, record, error, clock.nowMs());
  }

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics(Object.values(topics));
      plans = planRouters(inventory.current(), config);
      // What is remembered of a router is by its name, so the others and what did not change go on as they were.
      unfollow = inventory.subscribe((change) => {
        plans = planRouters(change.inventory, config);
        for (const { name } of change.removed) {
          facts.delete(name);
          silences.forget(name);
        }
      });
      silences.start();
      subscription = await log.subscribe({
        topics: [topics.counters.name, topics.routerState.name],
        group: SERVICE,
        startAt: 'earliest',
        async onBatch(batch) {
          const records = await (batch.topic === topics.counters.name
            ? onCounters(batch)
            : onRouterStates(batch));
          telemetry.setHealth(SERVICE, true);
          return records;
        },
        onError(error, batch) {
          if (batch?.topic === topics.counters.name) memories.failed(batch.partition);
          telemetry.setHealth(SERVICE, false, 'a batch failed and is tried again');
          limited.warn(
            'batch',
            { err: error, topic: batch?.topic, partition: batch?.partition },
            'batch failed',
          );
        },
      });
    },
    async stop() {
      unfollow?.();
      await subscription?.stop();
      await silences.stop();
    },
  };
}
