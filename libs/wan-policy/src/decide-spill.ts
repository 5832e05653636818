import type { SpillPolicy } from '@fairlead/model';
import {
  foldThreshold,
  isSustained,
  type Threshold,
  type ThresholdEvent,
  unknownThreshold,
} from './threshold.ts';

const HOUR_MS = 3_600_000;

/** A policy and the site that it is for. */
export interface SpillRule {
  readonly policy: SpillPolicy;
  /** The uplinks in order of preference; two to eight make sense. */
  readonly wans: readonly { readonly name: string; readonly routingMark: string }[];
  /** A reading older than this counts as unknown, and so does the count of breaches before it. */
  readonly freshMs: number;
  /** How long a decision may take to show in the router before it counts as not done. */
  readonly pendingMs: number;
}

/** One reading of one WAN. */
export interface WanReading {
  readonly wan: string;
  /** Shares of capacity; absent when the rate of this reading is not known. */
  readonly load?: { readonly rxUtil: number; readonly txUtil: number } | undefined;
  readonly running?: boolean | undefined;
}

/** What was read of a router at one time: some or all of its WANs, and what its steering rule was doing. */
export interface SpillSample {
  readonly timeMs: number;
  readonly readings: readonly WanReading[];
  /** Routing mark that the steering rule sets, as read from the router; absent when not known. */
  readonly activeMark?: string | undefined;
  /** An old sample of a replay: it counts, and nothing is decided on it. */
  readonly tooOld?: boolean;
}

/** Why nothing is decided just now. */
export type Hold =
  | 'within-limits'
  | 'mark-unknown'
  | 'mark-of-no-wan'
  | 'too-old'
  | 'stale'
  | 'no-target'
  | 'pending'
  | 'dwell'
  | 'budget';

interface WanState {
  readonly timeMs: number;
  /** The higher one of rxUtil and txUtil. */
  readonly load?: number;
  readonly running?: boolean;
  readonly threshold: Threshold;
}

/** Memory of the policy for one router. Plain JSON; bounded by the number of WANs and the budget. */
export interface SpillState {
  readonly wans: Readonly<Record<string, WanState>>;
  /** The mark seen last, and when it changed or was last decided to change. */
  readonly mark?: string;
  readonly changedMs?: number;
  readonly pending?: { readonly mark: string; readonly sinceMs: number };
  /** Times of the decisions of the last hour. */
  readonly decidedMs: readonly number[];
  /** Why the last sample led to no decision; absent when it led to one. */
  readonly hold?: Hold;
}

export interface SpillDecision {
  readonly timeMs: number;
  readonly fromWan: string;
  readonly toWan: string;
  readonly fromMark: string;
  readonly toMark: string;
  readonly reason: string;
}

export interface SpillStep {
  readonly state: SpillState;
  readonly events: readonly ThresholdEvent[];
  readonly decision?: SpillDecision;
}

export const initialSpillState: SpillState = { wans: {}, decidedMs: [] };

/**
 * Kirnak's rule for any number of WANs in order. New connections leave the active WAN when N of its last M samples
 * were above `leaveAbove` (or it is not running), for the next one that has room; they return to the first WAN before
 * it of which N of M samples were below `returnBelow`.
 *
 * Pure: the same policy, state and samples give the same answers. The active WAN is the one whose mark was read from
 * the router and never a guess; what is not known for certain (the mark, a fresh reading, a running target) leads to
 * no decision, and `state.hold` says why. At least `dwellMs` lies between two changes, whoever made them, and at most
 * `flipsPerHour` decisions are made in any hour.
 */
export function decideSpill(rule: SpillRule, before: SpillState, sample: SpillSample): SpillStep {
  const wans = { ...before.wans };
  const events: ThresholdEvent[] = [];
  for (const reading of sample.readings) {
    const { wan, crossed } = readWan(rule, wans[reading.wan], reading, sample.timeMs);
    wans[reading.wan] = wan;
    if (crossed) events.push(crossed);
  }
  const state = followMark(rule, { ...before, wans }, sample);
  const choice = choose(rule, state, sample);
  if (typeof choice === 'string') return { state: { ...state, hold: choice }, events };
  const { hold: _, ...rest } = state;
  return {
    state: {
      ...rest,
      changedMs: choice.timeMs,
      pending: { mark: choice.toMark, sinceMs: choice.timeMs },
      decidedMs: [...state.decidedMs, choice.timeMs],
    },
    events,
    decision: choice,
  };
}

function readWan(
  { policy, freshMs }: SpillRule,
  before: WanState | undefined,
  { wan, load, running }: WanReading,
  timeMs: number,
): { readonly wan: WanState; readonly crossed?: ThresholdEvent } {
  const level = before?.threshold.level ?? 'unknown';
  // A link that is down carries nothing, which is not the same as having room: its count begins anew when it is back.
  if (running === false) return { wan: { timeMs, running, threshold: { recent: [], level } } };
  if (!load) {
    const known = before ?? { timeMs, threshold: unknownThreshold };
    return { wan: running === undefined ? known : { ...known, running } };
  }
  const value = Math.max(load.rxUtil, load.txUtil);
  const isConsecutive = before !== undefined && timeMs - before.timeMs <= freshMs;
  const known: Threshold = isConsecutive ? before.threshold : { recent: [], level };
  const { threshold, crossed: kind } = foldThreshold(known, value, policy);
  const next: WanState = { timeMs, load: value, ...(running === undefined ? {} : { running }), threshold };
  if (!kind) return { wan: next };
  const limit = kind === 'threshold-above' ? policy.leaveAbove : policy.returnBelow;
  return { wan: next, crossed: { kind, wan, timeMs, value, limit } };
}

function followMark(
  { pendingMs }: SpillRule,
  state: SpillState,
  { timeMs, activeMark }: SpillSample,
): SpillState {
  const { pending, ...rest } = state;
  const isOver =
    pending !== undefined && (activeMark === pending.mark || timeMs - pending.sinceMs >= pendingMs);
  const current: SpillState = {
    ...(isOver ? rest : state),
    decidedMs: state.decidedMs.filter((decidedMs) => timeMs - decidedMs < HOUR_MS),
  };
  if (activeMark === undefined || activeMark === state.mark) return current;
  // The first sight of the mark is no change of it.
  return state.mark === undefined
    ? { ...current, mark: activeMark }
    : { ...current, mark: activeMark, changedMs: timeMs };
}

function choose(rule: SpillRule, state: SpillState, sample: SpillSample): SpillDecision | Hold {
  const { timeMs, activeMark } = sample;
  const { policy } = rule;
  if (activeMark === undefined) return 'mark-unknown';
  if (sample.tooOld === true) return 'too-old';
  if (state.pending) return 'pending';
  const position = rule.wans.findIndex((wan) => wan.routingMark === activeMark);
  const active = rule.wans[position];
  if (!active) return 'mark-of-no-wan';
  const activeState = state.wans[active.name];
  if (!activeState || !isFresh(rule, activeState, timeMs)) return 'stale';

  const target = findTarget(rule, state, timeMs, position, activeState);
  if (typeof target === 'string') return target;
  if (state.changedMs !== undefined && timeMs - state.changedMs < policy.dwellMs) return 'dwell';
  if (state.decidedMs.length >= policy.flipsPerHour) return 'budget';
  return {
    timeMs,
    fromWan: active.name,
    toWan: target.wan.name,
    fromMark: activeMark,
    toMark: target.wan.routingMark,
    reason: target.reason,
  };
}

function findTarget(
  rule: SpillRule,
  state: SpillState,
  timeMs: number,
  position: number,
  active: WanState,
): { readonly wan: SpillRule['wans'][number]; readonly reason: string } | Hold {
  const { policy, wans } = rule;
  const { breached, of } = policy.samples;
  const hasRoom = ({ name }: { readonly name: string }): boolean => {
    const wan = state.wans[name];
    return (
      wan?.load !== undefined &&
      wan.running === true &&
      wan.load < policy.leaveAbove &&
      isFresh(rule, wan, timeMs)
    );
  };
  const isQuiet = ({ name }: { readonly name: string }): boolean => {
    const wan = state.wans[name];
    return wan !== undefined && isSustained(wan.threshold, 'below', policy);
  };
  const earlier = wans.slice(0, position).find((wan) => hasRoom(wan) && isQuiet(wan));
  if (earlier) {
    return {
      wan: earlier,
      reason: `${earlier.name} was below ${percent(policy.returnBelow)} in ${breached} of ${of} samples`,
    };
  }
  const isDown = active.running === false;
  if (!isDown && !isSustained(active.threshold, 'above', policy)) return 'within-limits';
  const name = wans[position]?.name ?? '';
  const others = isDown ? wans.filter((_, index) => index !== position) : wans.slice(position + 1);
  const next = others.find(hasRoom);
  if (!next) return 'no-target';
  const why = isDown
    ? `${name} is not running`
    : `${name} was above ${percent(policy.leaveAbove)} in ${breached} of ${of} samples`;
  return { wan: next, reason: `${why}; ${next.name} has room` };
}

const isFresh = ({ freshMs }: SpillRule, wan: WanState, timeMs: number): boolean =>
  timeMs - wan.timeMs <= freshMs;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
