import {
  allOnto,
  bearsTrafficOf,
  costOf,
  hasLastingRoom,
  hasRoom,
  isDown,
  isFresh,
  isOverloaded,
  type Proposal,
  roomBps,
  type SiteView,
  soleWan,
  wanAt,
} from './site-view.ts';

export type NoChoice = 'within-limits' | 'no-target' | 'stale' | 'no-single-wan';

/** Where rooms differ by less than this share of all capacity, cost decides. */
const TIE = 0.05;

/** The choice of the policies that send all new connections to one WAN. */
export function chooseWan(view: SiteView): Proposal | NoChoice {
  const active = soleWan(view.weights);
  if (active === undefined) return 'no-single-wan';
  const name = wanAt(view, active).name;
  if (isDown(view, active)) {
    const target = view.policy.kind === 'headroom' ? roomiest(view, active, 0) : first(view, active, 0);
    return target === undefined ? 'no-target' : propose(view, target, true, `${name} is down`);
  }
  if (view.policy.kind === 'failover') {
    const target = first(view, active, 0, active);
    return target === undefined ? 'within-limits' : propose(view, target, false, 'it is up and preferred');
  }
  if (!isFresh(view, active)) return 'stale';
  const isAvoided = view.terms.avoid.includes(name);
  if (view.policy.kind === 'spill') return spill(view, active, isAvoided);
  return headroom(view, active, isAvoided);
}

function spill(view: SiteView, active: number, isAvoided: boolean): Proposal | NoChoice {
  for (let i = 0; i < active; i += 1) {
    if (!hasLastingRoom(view, i) || !bearsTrafficOf(view, i, active)) continue;
    return propose(view, i, false, 'it is preferred and would bear what was moved');
  }
  if (!isAvoided && !isOverloaded(view, active)) return 'within-limits';
  const target = first(view, active, isAvoided ? 0 : active + 1);
  return target === undefined ? 'no-target' : propose(view, target, false, whyLeft(view, active, isAvoided));
}

function headroom(view: SiteView, active: number, isAvoided: boolean): Proposal | NoChoice {
  const isOver = isOverloaded(view, active);
  const leastGainBps = isAvoided ? Number.NEGATIVE_INFINITY : totalRxBps(view) * view.policy.minGain;
  const target = roomiest(view, active, roomBps(view, active) + leastGainBps);
  if (isAvoided || isOver) {
    return target === undefined
      ? 'no-target'
      : propose(view, target, false, whyLeft(view, active, isAvoided));
  }
  if (target === undefined || !hasLastingRoom(view, target) || !bearsTrafficOf(view, target, active)) {
    return 'within-limits';
  }
  return propose(view, target, false, 'it has more room, with all that was moved');
}

/** The WAN with room in order of preference, from a position to before another one. */
function first(
  view: SiteView,
  active: number,
  from: number,
  to = view.policy.wans.length,
): number | undefined {
  for (let i = from; i < to; i += 1) if (i !== active && hasRoom(view, i)) return i;
  return undefined;
}

/** The WAN with the most room, which must be more than `aboveBps`; the cheapest of about equal ones. */
function roomiest(view: SiteView, active: number, aboveBps: number): number | undefined {
  const tieBps = totalRxBps(view) * TIE;
  let best: number | undefined;
  let mostBps = 0;
  for (let i = 0; i < view.policy.wans.length; i += 1) {
    if (i === active || !hasRoom(view, i) || roomBps(view, i) <= aboveBps) continue;
    mostBps = Math.max(mostBps, roomBps(view, i));
  }
  for (let i = 0; i < view.policy.wans.length; i += 1) {
    if (i === active || !hasRoom(view, i) || roomBps(view, i) <= aboveBps) continue;
    if (roomBps(view, i) < mostBps - tieBps) continue;
    if (best === undefined || isBetter(view, i, best)) best = i;
  }
  return best;
}

function isBetter(view: SiteView, candidate: number, than: number): boolean {
  const saved = costOf(view, than) - costOf(view, candidate);
  return saved > 0 || (saved === 0 && roomBps(view, candidate) > roomBps(view, than));
}

function totalRxBps(view: SiteView): number {
  let total = 0;
  for (const wan of view.policy.wans) total += wan.capacity.rxBps;
  return total;
}

function whyLeft(view: SiteView, active: number, isAvoided: boolean): string {
  const { name } = wanAt(view, active);
  const { breached, of } = view.policy.samples;
  return isAvoided
    ? `${name} is not used at this time`
    : `${name} was above ${Math.round(view.terms.leaveAbove * 100)} % in ${breached} of ${of} samples`;
}

function propose(view: SiteView, target: number, isEmergency: boolean, why: string): Proposal {
  return { weights: allOnto(view, target), isEmergency, why: `to ${wanAt(view, target).name}: ${why}` };
}
