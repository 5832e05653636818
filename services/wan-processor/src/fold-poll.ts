import type { RateResult } from '@fairlead/counters';
import {
  CounterSource,
  type Decision,
  type InterfaceCounters,
  Severity,
  steersParts,
  type Wan,
  type WanEvent,
  type WanUtilisation,
} from '@fairlead/model';
import {
  decide,
  foldThreshold,
  initialSteeringState,
  initialThreshold,
  type SteeringDecision,
  type SteeringHold,
  type SteeringReading,
  type SteeringState,
} from '@fairlead/wan-policy';
import { probeOf, withFacts } from './reading-health.ts';
import type { RouterFacts } from './router-facts.ts';
import type { RouterMemory, WanMemory } from './router-memory.ts';
import type { RouterPlan } from './router-plan.ts';
import { clockEvent, event, runningEvents, thresholdEvent, upstreamEvent } from './wan-events.ts';

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
  readonly facts: RouterFacts | undefined;
  /** Minutes east of UTC at the site. */
  readonly zoneOffsetMinutes: number;
  /** Too late to decide anything. */
  readonly tooOld: boolean;
}

/** What a poll leads to. */
export interface PollOutput {
  readonly utilisation: readonly WanUtilisation[];
  readonly events: readonly WanEvent[];
  readonly decisions: readonly Decision[];
  /** Why nothing was decided; undefined where something was, or nothing is steered. */
  readonly hold: SteeringHold | undefined;
  /** Readings that gave no utilisation, by reason. */
  readonly unused: readonly string[];
}

const initialMemory: RouterMemory = { wans: {}, steering: initialSteeringState, savedMs: null };

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
  const readings: SteeringReading[] = [];
  const unused: string[] = [];
  for (const polled of poll.wans) {
    const read = readWan(wans[polled.wan.name] ?? initialWan, polled, poll);
    const probe = probeOf(polled.counters);
    wans[polled.wan.name] = probe ? { ...read.memory, probedMs: poll.timeMs } : read.memory;
    events.push(...read.events);
    if (read.reading) readings.push(probe ? { ...read.reading, probe } : read.reading);
    if (read.utilisation) utilisation.push(read.utilisation);
    else unused.push(read.unused);
  }
  const step = steer(
    memory.steering,
    poll,
    readings.map((reading) => withFacts(reading, poll.facts, isPinged(wans[reading.wan], poll))),
  );
  const { plan } = poll;
  if (step.hold === 'clock-set-back') events.push(clockEvent(plan, poll.timeMs));
  for (const { wan } of poll.wans) {
    const before = wans[wan.name] ?? initialWan;
    const isCutOff = isBeyondReach(wan.name, poll, step.state);
    if (isCutOff === undefined || isCutOff === before.isCutOff) continue;
    wans[wan.name] = { ...before, isCutOff };
    if (isCutOff || before.isCutOff !== undefined) {
      const isUnrouted = poll.facts?.unrouted.includes(wan.name) === true;
      events.push(upstreamEvent(plan, wan.name, isCutOff, isUnrouted, poll.timeMs));
    }
  }
  return {
    state: { ...memory, wans, steering: step.state },
    result: { utilisation, events, decisions: step.decisions, hold: step.hold, unused },
  };
}

const initialWan: WanMemory = { threshold: initialThreshold };

/** What the policy of the router makes of a poll. A WAN that the router itself gave up counts as not running. */
function steer(
  before: SteeringState,
  { plan, timeMs, facts, tooOld, zoneOffsetMinutes }: Poll,
  readings: readonly SteeringReading[],
): {
  readonly state: SteeringState;
  readonly decisions: readonly Decision[];
  readonly hold: SteeringHold | undefined;
} {
  const { steering } = plan.router;
  if (!plan.policy || !steering || readings.length === 0) {
    return { state: before, decisions: [], hold: undefined };
  }
  const { pin, locked, stopped } = steering;
  const step = decide(plan.policy, before, {
    timeMs,
    readings,
    weights: facts?.weights ?? undefined,
    controls: { pin: pin && { wan: pin.wan, untilMs: pin.until }, locked, stopped },
    zoneOffsetMinutes,
    tooOld,
  });
  return {
    state: step.state,
    decisions: step.decision ? [toDecision(plan, step.decision)] : [],
    hold: step.reason === 'decided' ? undefined : step.reason,
  };
}

/** Whether pings by the API told something lately. */
function isPinged(wan: WanMemory | undefined, { plan, timeMs }: Poll): boolean {
  return wan?.probedMs !== undefined && timeMs - wan.probedMs <= plan.probedForMs;
}

/** Undefined while it is not known. */
function isBeyondReach(wan: string, { facts }: Poll, { wans }: SteeringState): boolean | undefined {
  if (!facts) return undefined;
  if (facts.unrouted.includes(wan)) return true;
  return wans.find(({ name }) => name === wan)?.isSick ?? false;
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
  readonly reading?: SteeringReading;
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
    // A link that is down carries nothing, which is not the same as having room.
    ...(running === false ? { threshold: { ...before.threshold, recent: [] } } : {}),
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
  const probe = probeOf(counters);
  const load = { rxUtil: rate.rxBps / wan.capacity.rx, txUtil: rate.txBps / wan.capacity.tx };
  const { threshold, crossing } = foldLoad(memory, poll, wan, Math.max(load.rxUtil, load.txUtil));
  return {
    memory: { ...memory, source, coveredToMs: rate.toMs, threshold, loadMs: timeMs },
    reading: { wan: wan.name, rates: { rxBps: rate.rxBps, txBps: rate.txBps }, running },
    events: crossing ? [...events, crossing] : events,
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
      active: isActive(poll, wan),
      running,
      probeLoss: probe?.loss,
      probeRttMs: counters.probeRttMs,
    },
  };
}

function isActive({ facts, plan }: Poll, wan: Wan): boolean | undefined {
  if (!facts?.weights) return undefined;
  return (facts.weights[plan.router.wans.indexOf(wan)] ?? 0) > 0;
}

/** Holds a load against the limits; what lay before a silence does not count. */
function foldLoad(
  { threshold: known, loadMs, running }: WanMemory,
  { plan, timeMs }: Poll,
  wan: Wan,
  load: number,
): { readonly threshold: WanMemory['threshold']; readonly crossing?: WanEvent } {
  if (running === false) return { threshold: known };
  const isConsecutive = loadMs !== undefined && timeMs - loadMs <= plan.freshMs;
  const step = foldThreshold(isConsecutive ? known : { ...known, recent: [] }, load, plan.limits);
  if (!step.crossed) return { threshold: step.threshold };
  return {
    threshold: step.threshold,
    crossing: thresholdEvent(plan, plan.limits, wan.name, step.crossed, load, timeMs),
  };
}

function toDecision(
  { router, policy }: RouterPlan,
  { timeMs, from, to, reason, isEmergency }: SteeringDecision,
): Decision {
  const shares = policy !== undefined && steersParts(policy);
  const [fromWan, toWan] = [from, to].map((weights) =>
    shares ? undefined : router.wans[weights.findIndex((weight) => weight > 0)],
  );
  return {
    id: `${router.name}/${timeMs}`,
    timeMs,
    site: router.site,
    router: router.name,
    policy: policy?.kind ?? '',
    fromWan: fromWan?.name ?? '',
    toWan: toWan?.name ?? '',
    fromMark: fromWan?.routingMark ?? '',
    toMark: toWan?.routingMark ?? '',
    reason,
    wans: shares ? router.wans.map(({ name }) => name) : [],
    fromWeights: shares ? [...from] : [],
    toWeights: shares ? [...to] : [],
    emergency: isEmergency,
  };
}
