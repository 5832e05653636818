import type { EventLog, LogRecord } from '@fairlead/event-log';
import { decodeFrames, RouterState, WanState } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { type CountersDeps, processCounters } from './process-counters.ts';
import { factsAt, type FactsHistory, foldFacts } from './router-facts.ts';
import { type CountersMemory, createCountersMemory } from './router-memory.ts';
import type { RouterPlan } from './router-plan.ts';
import { SAVE_INTERVAL_MS, takeMemory } from './saved-memory.ts';

/** Router states come every 30 s of each router, so that these hold the newest of hundreds of routers. */
const STATES_BACK = 1_000;
const READ_LIMIT = 5_000;

export interface RestoreDeps {
  readonly log: EventLog;
  readonly plans: ReadonlyMap<string, RouterPlan>;
  readonly zoneOffset: CountersDeps['zoneOffset'];
}

/** What was known when the offset was reached. */
export interface Restored {
  readonly memory: CountersMemory;
  readonly facts: ReadonlyMap<string, FactsHistory>;
  /** Saved memories that were not sound. */
  readonly broken: number;
  /** The furthest offset that a saved memory goes to, beyond the one that was asked for; 0 without any. */
  readonly savedTo: number;
}

/**
 * The memory of one partition of counters as it was before an offset: what was saved last of each router, and the
 * counters since then once more, on which nothing is decided, because whoever decides saves in the same step.
 * @param nextOffset of the counters; up to here others have worked
 */
export async function restorePartition(
  partition: number,
  nextOffset: number,
  { log, plans, zoneOffset }: RestoreDeps,
): Promise<Restored> {
  const memory = createCountersMemory();
  const facts = new Map<string, FactsHistory>();
  const saved = new Map<string, WanState>();
  let broken = 0;
  let savedTo = 0;
  for (const state of await readSaved(log, partition)) {
    if (!plans.has(state.router)) continue;
    if (state.nextOffset > nextOffset) {
      savedTo = Math.max(savedTo, state.nextOffset);
      continue;
    }
    const known = takeMemory(state, memory);
    if (known) {
      facts.set(state.router, known);
      saved.set(state.router, state);
    } else broken += 1;
  }
  for (const state of await readStates(log, partition)) {
    const plan = plans.get(state.router);
    if (plan) facts.set(state.router, foldFacts(facts.get(state.router) ?? [], state, plan));
  }
  const deps: CountersDeps = {
    plans,
    factsAt: (router, timeMs) => factsAt(facts.get(router) ?? [], timeMs),
    zoneOffset,
    decideFromMs: Number.POSITIVE_INFINITY,
  };
  for (let offset = replayFrom(saved); offset < nextOffset;) {
    const records = await log.read(topics.counters.name, partition, offset, READ_LIMIT);
    const last = records.at(-1);
    if (!last) break;
    const missed = records.filter(
      (record) => record.offset < nextOffset && record.offset >= (saved.get(record.key)?.nextOffset ?? 0),
    );
    await processCounters({ topic: topics.counters.name, partition, records: missed }, memory, deps);
    offset = last.offset + 1;
  }
  memory.rates.commit();
  memory.routers.commit();
  return { memory, facts, broken, savedTo };
}

/**
 * The first offset that a saved memory of late does not include. A router whose memory is older had no counters since,
 * but for the last seconds before it fell silent.
 */
function replayFrom(saved: ReadonlyMap<string, WanState>): number {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { timeMs } of saved.values()) newestMs = Math.max(newestMs, timeMs);
  let offset = Number.POSITIVE_INFINITY;
  for (const { timeMs, nextOffset } of saved.values()) {
    if (newestMs - timeMs <= 2 * SAVE_INTERVAL_MS) offset = Math.min(offset, nextOffset);
  }
  return offset;
}

/** What was saved last of each router. */
async function readSaved(log: EventLog, partition: number): Promise<WanState[]> {
  const latest = new Map<string, Uint8Array>();
  const { name } = topics.wanState;
  const partitions = await log.partitions(name);
  // Routers are spread over both topics alike as long as they have the same number of partitions.
  const isAlike = partitions.length === (await log.partitions(topics.counters.name)).length;
  for (const info of partitions) {
    if (isAlike && info.partition !== partition) continue;
    for await (const { key, value } of readAll(log, info, info.firstOffset)) latest.set(key, value);
  }
  return [...latest.values()].flatMap((value) => decodeFrames(WanState, value).slice(-1));
}

async function readStates(log: EventLog, partition: number): Promise<RouterState[]> {
  const { name } = topics.routerState;
  const info = (await log.partitions(name)).find((entry) => entry.partition === partition);
  if (!info) return [];
  const fromOffset = Math.max(info.firstOffset, info.nextOffset - STATES_BACK);
  const states: RouterState[] = [];
  for await (const { value } of readAll(log, info, fromOffset)) {
    try {
      states.push(...decodeFrames(RouterState, value));
    } catch {
      // Counted and put aside where the topic is followed.
    }
  }
  return states;
}

async function* readAll(
  log: EventLog,
  { topic, partition, nextOffset }: { topic: string; partition: number; nextOffset: number },
  fromOffset: number,
): AsyncGenerator<LogRecord> {
  for (let offset = fromOffset; offset < nextOffset;) {
    const records = await log.read(topic, partition, offset, READ_LIMIT);
    const last = records.at(-1);
    if (!last) return;
    yield* records;
    offset = last.offset + 1;
  }
}
