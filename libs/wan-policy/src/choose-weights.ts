import { hasRoom, isDown, isFresh, meanLoadShare, type Proposal, type SiteView, wanAt } from './site-view.ts';

/** What the weights should be, and how far they are from what they are. */
export interface Reweighting extends Proposal {
  /** Share of new connections that would go elsewhere. */
  readonly shift: number;
}

/**
 * Weights of new connections in integer parts: what each WAN would carry if the whole demand were spread so that the
 * room of each is as the policy wants it; by capacity once there is no room. The big link takes all while that leaves it
 * the more room, so that a heavy connection does not land where it does not fit. A WAN without room gets no more than it
 * has.
 */
export function chooseWeights(view: SiteView): Reweighting | 'no-target' | 'stale' {
  const { policy, weights } = view;
  let weightSum = 0;
  for (const weight of weights) weightSum += weight;
  if (weightSum <= 0) return 'no-target';
  const ceilings: number[] = [];
  const mayGrow: boolean[] = [];
  let demandBps = 0;
  let isEmergency = false;
  let growing = 0;
  for (let i = 0; i < policy.wans.length; i += 1) {
    const current = (weights[i] ?? 0) / weightSum;
    const isOut = isDown(view, i);
    if (isOut && current > 0) isEmergency = true;
    if (!isOut && current > 0 && !isFresh(view, i)) return 'stale';
    if (isFresh(view, i)) demandBps += meanLoadShare(view, i) * wanAt(view, i).capacity.rxBps;
    const isAvoided = view.terms.avoid.includes(wanAt(view, i).name);
    const grows = hasRoom(view, i);
    mayGrow.push(grows);
    if (grows) growing += 1;
    ceilings.push(isOut || isAvoided ? 0 : grows ? 1 : current);
  }
  if (growing === 0) return 'no-target';
  const ideal = levelRoom(view, ceilings, demandBps);
  const parts = toParts(ideal, ceilings, mayGrow, policy.denominator);
  let shift = 0;
  for (let i = 0; i < parts.length; i += 1) {
    shift += Math.abs((parts[i] ?? 0) / policy.denominator - (weights[i] ?? 0) / weightSum) / 2;
  }
  // Sums of shares are not exact, and limits are met exactly by whole parts.
  shift = Math.round(shift * 1e6) / 1e6;
  const why = isEmergency ? 'a WAN in use is down' : `${Math.round(shift * 100)} % belong elsewhere`;
  return { weights: parts, isEmergency, shift, why: `weights ${parts.join(':')}: ${why}` };
}

/** What a WAN may be filled with, and how much room it is left beside the others. */
interface Vessel {
  readonly fillBps: number;
  readonly roomUnit: number;
}

/**
 * `weights`: room in proportion to the root of the capacity, as the swings of many independent connections are.
 * `headroom`: the same room, in bits per second, below the limit at which a WAN is left.
 */
function vesselOf(view: SiteView, position: number): Vessel {
  const { rxBps } = wanAt(view, position).capacity;
  return view.policy.kind === 'headroom'
    ? { fillBps: rxBps * view.terms.leaveAbove, roomUnit: 1 }
    : { fillBps: rxBps, roomUnit: Math.sqrt(rxBps) };
}

/** Shares of the demand that leave each WAN room by its unit; `ceilings` of 0: no part. */
function levelRoom(view: SiteView, ceilings: readonly number[], demandBps: number): number[] {
  const vessels = ceilings.map((ceiling, i) =>
    ceiling > 0 ? vesselOf(view, i) : { fillBps: 0, roomUnit: 1 },
  );
  let totalBps = 0;
  // The room by unit, found by halving: what they carry falls as it grows.
  let low = 0;
  let high = 0;
  for (const { fillBps, roomUnit } of vessels) {
    totalBps += fillBps;
    high = Math.max(high, fillBps / roomUnit);
  }
  const wantedBps = Math.min(Math.max(demandBps, totalBps * 0.01), totalBps);
  for (let step = 0; step < 30; step += 1) {
    const room = (low + high) / 2;
    let carried = 0;
    for (const vessel of vessels) carried += carriedWith(vessel, room);
    if (carried > wantedBps) low = room;
    else high = room;
  }
  const shares: number[] = [];
  let carried = 0;
  for (const vessel of vessels) carried += carriedWith(vessel, low);
  for (const vessel of vessels) shares.push(carriedWith(vessel, low) / carried);
  return shares;
}

const carriedWith = ({ fillBps, roomUnit }: Vessel, room: number): number =>
  Math.max(0, fillBps - room * roomUnit);

/** Integer parts with that sum; those that may not grow keep below their ceiling, the rest get what is left. */
function toParts(
  ideal: readonly number[],
  ceilings: readonly number[],
  mayGrow: readonly boolean[],
  denominator: number,
): number[] {
  const parts: number[] = [];
  let left = denominator;
  let growing = 0;
  for (let i = 0; i < ideal.length; i += 1) {
    const share = ideal[i] ?? 0;
    const ceiling = Math.floor((ceilings[i] ?? 0) * denominator + 1e-9);
    const fixed = mayGrow[i] === true ? 0 : Math.min(left, ceiling, Math.round(share * denominator));
    parts.push(fixed);
    left -= fixed;
    if (mayGrow[i] === true) growing += share;
  }
  const exact: number[] = [];
  const free = left;
  for (let i = 0; i < ideal.length; i += 1) {
    const share = mayGrow[i] !== true ? 0 : growing > 0 ? (ideal[i] ?? 0) / growing : 0;
    exact.push(share * free);
    if (mayGrow[i] !== true) continue;
    parts[i] = Math.floor(share * free + 1e-9);
    left -= parts[i] ?? 0;
  }
  while (left > 0) {
    let best = -1;
    for (let i = 0; i < exact.length; i += 1) {
      if (mayGrow[i] !== true) continue;
      if (best < 0 || remainder(exact, parts, i) > remainder(exact, parts, best)) best = i;
    }
    parts[best] = (parts[best] ?? 0) + 1;
    left -= 1;
  }
  return parts;
}

function remainder(exact: readonly number[], parts: readonly number[], i: number): number {
  return (exact[i] ?? 0) - (parts[i] ?? 0);
}
