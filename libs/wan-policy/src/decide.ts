import { steersParts } from '@fairlead/model';
import { chooseWan, type NoChoice } from './choose-wan.ts';
import { chooseWeights } from './choose-weights.ts';
import { foldBehind, isSetBack, rebase } from './clock-set-back.ts';
import { countBits, foldReadings, pushBit } from './fold-readings.ts';
import { termsAt } from './schedule.ts';
import { allOnto, hasRoom, isDown, type Proposal, type SiteView, soleWan } from './site-view.ts';
import type { SteeringPolicy } from './steering-policy.ts';
import type { SteeringSample } from './steering-sample.ts';
import type { SteeringState } from './steering-state.ts';

const HOUR_MS = 3_600_000;

/** Why a sample led to no decision. */
export type SteeringHold =
  | NoChoice
  | 'out-of-order'
  | 'clock-set-back'
  | 'stopped'
  | 'locked'
  | 'too-old'
  | 'weights-unknown'
  | 'pending'
  | 'pinned'
  | 'pin-without-room'
  | 'not-lasting'
  | 'cool-down'
  | 'dwell'
  | 'budget';

export interface SteeringDecision {
  readonly timeMs: number;
  readonly from: readonly number[];
  /** Weights of new connections, in the order of the policy. */
  readonly to: readonly number[];
  readonly isEmergency: boolean;
  readonly reason: string;
}

export interface SteeringStep {
  readonly state: SteeringState;
  readonly decision?: SteeringDecision;
  readonly reason: SteeringHold | 'decided';
}

/**
 * One sample further. Pure: the same policy, state and samples give the same answers.
 *
 * A decision never gives more new connections to a WAN that is down, stale or without room. At least `dwellMs` lies
 * between two changes, whoever made them (`emergencyDwellMs` off a WAN that is down), and at most `flipsPerHour`
 * decisions are made in any hour, of which the last is kept for a WAN that goes down. A sample older than the one
 * before is not looked at; after ten of them in a row the clock has been set back, and the policy goes on by the new one
 * (see `rebase`).
 */
export function decide(policy: SteeringPolicy, before: SteeringState, sample: SteeringSample): SteeringStep {
  const { timeMs } = sample;
  const terms = termsAt(policy, timeMs, sample.zoneOffsetMinutes ?? 0);
  if (before.timeMs !== null && timeMs <= before.timeMs) {
    const behind = foldBehind(policy, before, sample);
    if (!isSetBack(behind)) return { state: behind, reason: 'out-of-order' };
    const rebased = followWeights(policy, foldReadings(policy, terms, rebase(behind), sample), sample);
    return { state: rebased, reason: 'clock-set-back' };
  }
  const state = followWeights(policy, foldReadings(policy, terms, before, sample), sample);
  const held = heldBefore(policy, state, sample);
  if (held) return { state, reason: held };

  const view: SiteView = { policy, terms, state, timeMs, weights: state.weights ?? [] };
  const pin = sample.controls?.pin;
  if (pin && timeMs < pin.untilMs) return finish(view, obeyPin(view, pin.wan));
  if (!steersParts(policy)) return finish(view, chooseWan(view));
  const wanted = chooseWeights(view);
  if (typeof wanted === 'string') return finish(view, wanted);
  state.shifts = pushBit(state.shifts, wanted.shift >= policy.minShift, policy.samples.of);
  if (wanted.isEmergency) return finish(view, wanted);
  if (wanted.shift < policy.minShift) return finish(view, 'within-limits');
  return finish(view, countBits(state.shifts) >= policy.samples.breached ? wanted : 'not-lasting');
}

/** Takes over what the router shows: a change that was decided, or one that somebody else made. */
function followWeights(policy: SteeringPolicy, state: SteeringState, sample: SteeringSample): SteeringState {
  const { timeMs, weights } = sample;
  const { pending } = state;
  let { decidedMs } = state;
  const oldest = decidedMs[0];
  if (oldest !== undefined && timeMs - oldest >= HOUR_MS) decidedMs = keepLastHour(decidedMs, timeMs);
  const next: SteeringState = { ...state, decidedMs };
  if (
    pending &&
    (timeMs - pending.sinceMs >= policy.pendingMs || (weights && isSame(weights, pending.weights)))
  ) {
    next.pending = null;
  }
  if (!weights || (state.weights && isSame(weights, state.weights))) return next;
  // The first sight of the weights is no change of them.
  if (state.weights && !(pending && isSame(weights, pending.weights))) next.changedMs = timeMs;
  next.weights = [...weights];
  return next;
}

function keepLastHour(decidedMs: readonly number[], timeMs: number): number[] {
  const kept: number[] = [];
  for (const decided of decidedMs) if (timeMs - decided < HOUR_MS) kept.push(decided);
  return kept;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return false;
  return true;
}

/** What holds whatever the loads are, the strongest first. */
function heldBefore(
  policy: SteeringPolicy,
  state: SteeringState,
  sample: SteeringSample,
): SteeringHold | undefined {
  if (sample.controls?.stopped === true) return 'stopped';
  if (sample.controls?.locked === true) return 'locked';
  if (sample.tooOld === true) return 'too-old';
  if (sample.weights?.length !== policy.wans.length) return 'weights-unknown';
  return state.pending ? 'pending' : undefined;
}

function obeyPin(view: SiteView, name: string): Proposal | SteeringHold {
  let target = -1;
  for (let i = 0; i < view.policy.wans.length; i += 1) if (view.policy.wans[i]?.name === name) target = i;
  const active = soleWan(view.weights);
  if (active === target) return 'pinned';
  if (target < 0 || !hasRoom(view, target)) return 'pin-without-room';
  const isEmergency = active !== undefined && isDown(view, active);
  return { weights: allOnto(view, target), isEmergency, why: `to ${name}: pinned` };
}

/** The rails that every choice passes. */
function finish(view: SiteView, choice: Proposal | SteeringHold): SteeringStep {
  const { policy, state, timeMs } = view;
  if (typeof choice === 'string') return { state, reason: choice };
  const { isEmergency } = choice;
  const sinceChangeMs = state.changedMs === null ? Number.POSITIVE_INFINITY : timeMs - state.changedMs;
  const sinceLinkMs = state.linkEventMs === null ? Number.POSITIVE_INFINITY : timeMs - state.linkEventMs;
  if (!isEmergency && sinceLinkMs < policy.coolDownMs) return { state, reason: 'cool-down' };
  if (sinceChangeMs < (isEmergency ? policy.emergencyDwellMs : policy.dwellMs))
    return { state, reason: 'dwell' };
  const budget = policy.flipsPerHour - reserveFor(view, choice);
  if (state.decidedMs.length >= budget) return { state, reason: 'budget' };
  const to = [...choice.weights];
  state.changedMs = timeMs;
  state.pending = { weights: to, sinceMs: timeMs };
  state.decidedMs = [...state.decidedMs, timeMs];
  state.shifts = 0;
  return {
    state,
    decision: { timeMs, from: view.weights, to, isEmergency, reason: choice.why },
    reason: 'decided',
  };
}

/** Changes of the budget that this one must leave: one for a WAN that dies, and one for the way back to the biggest WAN. */
function reserveFor(view: SiteView, { weights, isEmergency }: Proposal): number {
  if (isEmergency) return 0;
  const to = soleWan(weights);
  if (to === undefined || view.policy.flipsPerHour < 3) return 1;
  const toBps = view.policy.wans[to]?.capacity.rxBps ?? 0;
  for (const wan of view.policy.wans) if (wan.capacity.rxBps > toBps) return 2;
  return 1;
}
