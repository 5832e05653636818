import { percentile95Bps } from './commit-meter.ts';
import { countBits } from './fold-readings.ts';
import type { Terms } from './schedule.ts';
import type { SteeredWan, SteeringPolicy } from './steering-policy.ts';
import type { SteeringState, WanMemory } from './steering-state.ts';

/** What a chooser looks at. WANs are meant by their position in the policy. */
export interface SiteView {
  readonly policy: SteeringPolicy;
  readonly terms: Terms;
  readonly state: SteeringState;
  readonly timeMs: number;
  /** Weights of new connections, as read from the router. */
  readonly weights: readonly number[];
}

/** What a chooser would do; weights in the order of the policy. */
export interface Proposal {
  readonly weights: readonly number[];
  /** A WAN in use is down. */
  readonly isEmergency: boolean;
  readonly why: string;
}

export function wanAt({ policy }: SiteView, position: number): SteeredWan {
  const wan = policy.wans[position];
  if (!wan) throw new RangeError(`no WAN ${position}`);
  return wan;
}

function memoryAt({ state }: SiteView, position: number): WanMemory {
  const wan = state.wans[position];
  if (!wan) throw new RangeError(`no WAN ${position}`);
  return wan;
}

/** Known to be out of order: its link is down or its probes fail. */
export function isDown(view: SiteView, position: number): boolean {
  const { running, isSick } = memoryAt(view, position);
  return running === false || isSick;
}

export function isFresh(view: SiteView, position: number): boolean {
  const { timeMs } = memoryAt(view, position);
  return timeMs !== null && view.timeMs - timeMs <= view.policy.freshMs;
}

/** Share of capacity in use in the busier direction, by the last reading. */
function loadShare(view: SiteView, position: number): number {
  const { capacity } = wanAt(view, position);
  const { rxBps, txBps } = memoryAt(view, position);
  return Math.max(rxBps / capacity.rxBps, txBps / capacity.txBps);
}

/** The same of the mean load. */
export function meanLoadShare(view: SiteView, position: number): number {
  const { capacity } = wanAt(view, position);
  const { rxMeanBps, txMeanBps } = memoryAt(view, position);
  return Math.max(rxMeanBps / capacity.rxBps, txMeanBps / capacity.txBps);
}

/** Up, fresh, allowed now, and below the entry limit in both directions. */
export function hasRoom(view: SiteView, position: number): boolean {
  return (
    memoryAt(view, position).running === true &&
    !isDown(view, position) &&
    isFresh(view, position) &&
    !view.terms.avoid.includes(wanAt(view, position).name) &&
    loadShare(view, position) < view.terms.returnBelow
  );
}

/** Has room, and had it in N of M samples. */
export function hasLastingRoom(view: SiteView, position: number): boolean {
  return hasRoom(view, position) && countBits(memoryAt(view, position).below) >= view.policy.samples.breached;
}

export function isOverloaded(view: SiteView, position: number): boolean {
  return countBits(memoryAt(view, position).above) >= view.policy.samples.breached;
}

/** Room of the busier direction, told as receive rate, so that WANs compare. */
export function roomBps(view: SiteView, position: number): number {
  return (1 - meanLoadShare(view, position)) * wanAt(view, position).capacity.rxBps;
}

/** Whether a WAN stays below its entry limit with all that another one carries now: its own and the moved traffic. */
export function bearsTrafficOf(view: SiteView, target: number, source: number): boolean {
  const { capacity } = wanAt(view, target);
  const own = memoryAt(view, target);
  const moved = memoryAt(view, source);
  const { returnBelow } = view.terms;
  return (
    own.rxMeanBps + moved.rxMeanBps < returnBelow * capacity.rxBps &&
    own.txMeanBps + moved.txMeanBps < returnBelow * capacity.txBps
  );
}

/** What more traffic on it costs: nothing as long as this month's 95th percentile is below the commit. */
export function costOf(view: SiteView, position: number): number {
  const { commitBps, costPerGb, capacity } = wanAt(view, position);
  if (costPerGb === 0) return 0;
  return percentile95Bps(memoryAt(view, position).meter, capacity) < commitBps ? 0 : costPerGb;
}

/** Position of the only WAN with weight; undefined where several share, or none. */
export function soleWan(weights: readonly number[]): number | undefined {
  let sole: number | undefined;
  for (let i = 0; i < weights.length; i += 1) {
    if ((weights[i] ?? 0) <= 0) continue;
    if (sole !== undefined) return undefined;
    sole = i;
  }
  return sole;
}

/** One WAN for all new connections, in as many parts as the policy splits them into. */
export function allOnto({ policy }: SiteView, position: number): number[] {
  const weights: number[] = [];
  for (let i = 0; i < policy.wans.length; i += 1) weights.push(i === position ? policy.denominator : 0);
  return weights;
}
