import type { RateResult } from '@fairlead/counters';
import {
  CounterSource,
  type Decision,
  type EventKind,
  type InterfaceCounters,
  Severity,
  type Wan,
  type WanEvent,
  type WanUtilisation,
} from '@fairlead/model';
import {
  decideSpill,
  initialSpillState,
  type SpillState,
  type ThresholdEvent,
  type WanReading,
} from '@fairlead/wan-policy';
import type { RouterPlan } from './router-plan.ts';

/** One WAN in one poll: what was read, and the rate since the reading before. */
export interface PolledWan {
  readonly wan: Wan;
  readonly counters: InterfaceCounters;
  readonly result: RateResult;
}

/** The WANs of one router that one source read at one time. */
export interface Poll {
  readonly plan: RouterPlan;
  readonly timeMs: number;
  readonly source: CounterSource;
  readonly wans: readonly PolledWan[];
  /** As read from the router; absent when not known. */
  readonly activeMark: string | undefined;
  /** Too late to decide anything. */
  readonly tooOld: boolean;
}

/** Memory of one router. */
export interface RouterMemory {
  readonly wans: Readonly<Record<string, WanMemory>>;
  readonly spill: SpillState;
}

interface WanMemory {
  /** When the API last read this WAN, and from where the last utilisation came. */
  readonly apiMs?: number;
  readonly source?: CounterSource;
  readonly coveredToMs?: number;
  readonly running?: boolean;
}

/** What a poll leads to. */
export interface PollOutput {
  readonly utilisation: readonly WanUtilisation[];
  readonly events: readonly WanEvent[];
  readonly decisions: readonly Decision[];
  /** Readings that gave no utilisation, by reason. */
  readonly unused: readonly string[];
}

const initialMemory: RouterMemory = { wans: {}, spill: initialSpillState };

/**
 * One poll of one router to utilisation, events and perhaps a decision. Pure, and by the time of the readings: the
 * same records give the same output whenever they are replayed.
 *
 * A WAN is measured by one source at a time. The API is preferred; SNMP counts only while the API has been silent for
 * the plan's stale limit, and where the source changes, no stretch of time is measured twice.
 */
export function foldPoll(
  memory: RouterMemory = initialMemory,
  poll: Poll,
): { readonly state: RouterMemory; readonly result: PollOutput } {
  const wans = { ...memory.wans };
  const utilisation: WanUtilisation[] = [];
  const events: WanEvent[] = [];
  const readings: WanReading[] = [];
  const unused: string[] = [];
  for (const polled of poll.wans) {
    const read = readWan(wans[polled.wan.name] ?? {}, polled, poll);
    wans[polled.wan.name] = read.memory;
    events.push(...read.events);
    if (read.reading) readings.push(read.reading);
    if (read.utilisation) utilisation.push(read.utilisation);
    else unused.push(read.unused);
  }
  if (readings.length === 0) {
    return {
      state: { ...memory, wans },
      result: { utilisation, events, decisions: [], unused },
    };
  }
  const { plan, timeMs, activeMark, tooOld } = poll;
  const step = decideSpill(plan.rule, memory.spill, { timeMs, readings, activeMark, tooOld });
  return {
    state: { wans, spill: step.state },
    result: {
      utilisation,
      events: [...events, ...step.events.map((event) => thresholdEvent(plan, event))],
      decisions: step.decision ? [toDecision(plan, step.decision)] : [],
      unused,
    },
  };
}

type WanOutcome =
  | { readonly utilisation: WanUtilisation; readonly unused?: never }
  | { readonly utilisation?: never; readonly unused: string };

function readWan(
  before: WanMemory,
  { wan, counters, result }: PolledWan,
  poll: Poll,
): {
  readonly memory: WanMemory;
  readonly reading?: WanReading;
  readonly events: readonly WanEvent[];
} & WanOutcome {
  const { plan, timeMs, source } = poll;
  const isApi = source === CounterSource.ROUTEROS_API;
  const hasCounters = result.kind === 'rate' || result.reason !== 'absent';
  if (!isApi && before.apiMs !== undefined && timeMs - before.apiMs <= plan.staleAfterMs) {
    return { memory: before, events: [], unused: 'other-source' };
  }
  const { running } = counters;
  const memory: WanMemory = {
    ...before,
    ...(isApi && hasCounters ? { apiMs: timeMs } : {}),
    ...(running === undefined ? {} : { running }),
  };
  const events = runningEvents(plan, wan, before.running, running, timeMs);
  if (result.kind === 'none') {
    const reset = event(plan, wan.name, 'counter-reset', Severity.INFO, timeMs, {
      message: `${wan.name}: the counters started again; this interval is skipped`,
    });
    return {
      memory,
      reading: { wan: wan.name, running },
      events: result.reason === 'reset' ? [...events, reset] : events,
      unused: result.reason,
    };
  }
  const { rate } = result;
  if (before.source !== source && before.coveredToMs !== undefined && rate.fromMs < before.coveredToMs) {
    return { memory, reading: { wan: wan.name, running }, events, unused: 'other-source' };
  }
  const load = { rxUtil: rate.rxBps / wan.capacity.rx, txUtil: rate.txBps / wan.capacity.tx };
  return {
    memory: { ...memory, source, coveredToMs: rate.toMs },
    reading: { wan: wan.name, load, running },
    events,
    utilisation: {
      timeMs,
      site: plan.router.site,
      router: plan.router.name,
      wan: wan.name,
      interface: wan.interface,
      rxBps: rate.rxBps,
      txBps: rate.txBps,
      ...load,
      intervalMs: rate.intervalMs,
      clock: rate.clock,
      active: poll.activeMark === undefined ? undefined : poll.activeMark === wan.routingMark,
      running,
    },
  };
}

function runningEvents(
  plan: RouterPlan,
  wan: Wan,
  before: boolean | undefined,
  now: boolean | undefined,
  timeMs: number,
): WanEvent[] {
  if (now === false && before !== false) {
    const message = `${wan.name}: interface ${wan.interface} is not running`;
    return [event(plan, wan.name, 'wan-down', Severity.ERROR, timeMs, { message })];
  }
  if (now === true && before === false) {
    const message = `${wan.name}: interface ${wan.interface} is running again`;
    return [event(plan, wan.name, 'wan-up', Severity.INFO, timeMs, { message })];
  }
  return [];
}

function thresholdEvent(plan: RouterPlan, { kind, wan, timeMs, value, limit }: ThresholdEvent): WanEvent {
  const isAbove = kind === 'threshold-above';
  const { breached, of } = plan.rule.policy.samples;
  const message =
    `${wan}: ${percent(value)} of its capacity, ${isAbove ? 'above' : 'below'} ${percent(limit)} ` +
    `in ${breached} of ${of} samples`;
  return event(plan, wan, kind, isAbove ? Severity.WARNING : Severity.INFO, timeMs, {
    message,
    value,
    limit,
  });
}

/** An event of one WAN of the plan's router. */
export function event(
  { router }: RouterPlan,
  wan: string,
  kind: EventKind,
  severity: Severity,
  timeMs: number,
  rest: { readonly message: string; readonly value?: number; readonly limit?: number },
): WanEvent {
  const id = `${router.name}/${wan}/${kind}/${timeMs}`;
  return { id, timeMs, site: router.site, router: router.name, wan, kind, severity, ...rest };
}

function toDecision(
  { router, rule }: RouterPlan,
  decision: Omit<Decision, 'id' | 'site' | 'router' | 'policy'>,
): Decision {
  return {
    id: `${router.name}/${decision.timeMs}`,
    site: router.site,
    router: router.name,
    policy: rule.policy.kind,
    ...decision,
  };
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
