import { foldRate } from '@fairlead/counters';
import type { LogBatch, LogRecord } from '@fairlead/event-log';
import type { InterfaceCounters, Wan } from '@fairlead/model';
import { bufferAdjacent, decodeRecords, scanByKey } from '@fairlead/rx';
import { topics } from '@fairlead/topics';
import { concat, concatMap, from, lastValueFrom, map, type Observable, of, toArray } from 'rxjs';
import { foldPoll, type Poll, type PolledWan, type PollOutput } from './fold-poll.ts';
import type { RouterFacts } from './router-facts.ts';
import { type CountersMemory, rateKey } from './router-memory.ts';
import { planRate, type RouterPlan } from './router-plan.ts';

/** What a batch led to. */
export type CountersOutput =
  | {
      readonly kind: 'poll';
      readonly router: string;
      readonly timeMs: number;
      readonly wans: readonly string[];
      readonly output: PollOutput;
    }
  /** Samples of no router or no WAN of the inventory. */
  | { readonly kind: 'unplaced'; readonly reason: 'unknown-router' | 'not-a-wan' }
  | { readonly kind: 'broken'; readonly record: LogRecord; readonly error: unknown };

export interface CountersDeps {
  readonly plans: ReadonlyMap<string, RouterPlan>;
  /** What the router was like at that time; undefined when not known. */
  readonly factsAt: (router: string, timeMs: number) => RouterFacts | undefined;
  readonly zoneOffset: (timeZone: string, timeMs: number) => number;
  /** Samples from before this time lead to no decision. */
  readonly decideFromMs: number;
}

/** A batch of counters to polls with their utilisation, events and decisions. */
export function processCounters(
  batch: LogBatch,
  memory: CountersMemory,
  deps: CountersDeps,
): Promise<readonly CountersOutput[]> {
  return lastValueFrom(
    from(batch.records).pipe(
      decodeRecords(topics.counters.codec),
      concatMap((decoded) =>
        decoded.kind === 'broken' ? of(decoded) : measure(decoded.messages, memory, deps),
      ),
      toArray(),
    ),
  );
}

interface Placed {
  readonly kind: 'placed';
  readonly plan: RouterPlan;
  readonly wan: Wan;
  readonly counters: InterfaceCounters;
}

function measure(
  samples: readonly InterfaceCounters[],
  { rates, routers }: CountersMemory,
  deps: CountersDeps,
): Observable<CountersOutput> {
  const sorted = samples.map((counters) => place(counters, deps.plans));
  const unplaced = sorted.filter((sample) => sample.kind === 'unplaced');
  const polls$ = from(sorted.filter((sample) => sample.kind === 'placed')).pipe(
    scanByKey({
      key: ({ counters }) => rateKey(counters.router, counters.interface, counters.source),
      states: rates,
      step: (state, { plan, wan, counters }) => {
        const next = foldRate(state, counters, planRate(plan, wan, counters.source));
        return { state: next.state, result: { plan, wan, counters, result: next.result } };
      },
    }),
    bufferAdjacent(({ counters }) => `${counters.router}/${counters.source}/${counters.timeMs}`),
    concatMap((wans) => toPoll(wans, deps)),
    scanByKey({
      key: ({ plan }) => plan.router.name,
      states: routers,
      step: (state, poll) => {
        const next = foldPoll(state, poll);
        return { state: next.state, result: { poll, output: next.result } };
      },
    }),
    map(({ poll, output }): CountersOutput => ({
      kind: 'poll',
      router: poll.plan.router.name,
      timeMs: poll.timeMs,
      wans: poll.wans.map(({ wan }) => wan.name),
      output,
    })),
  );
  return concat(from(unplaced), polls$);
}

function place(
  counters: InterfaceCounters,
  plans: CountersDeps['plans'],
): Placed | Extract<CountersOutput, { kind: 'unplaced' }> {
  const plan = plans.get(counters.router);
  if (!plan) return { kind: 'unplaced', reason: 'unknown-router' };
  const wan = plan.router.wans.find((candidate) => candidate.interface === counters.interface);
  return wan ? { kind: 'placed', plan, wan, counters } : { kind: 'unplaced', reason: 'not-a-wan' };
}

/** The readings of one router, source and time as one poll. */
function toPoll(
  wans: readonly (PolledWan & { readonly plan: RouterPlan })[],
  { factsAt, zoneOffset, decideFromMs }: CountersDeps,
): Poll[] {
  const [first] = wans;
  if (!first) return [];
  const { plan, counters } = first;
  const { timeMs, source } = counters;
  return [
    {
      plan,
      timeMs,
      source,
      wans,
      facts: factsAt(plan.router.name, timeMs),
      zoneOffsetMinutes: zoneOffset(plan.router.steering?.timeZone ?? 'UTC', timeMs),
      tooOld: timeMs < decideFromMs,
    },
  ];
}
