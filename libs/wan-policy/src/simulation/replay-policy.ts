import { decide, type SteeringDecision } from '../decide.ts';
import type { SteeringPolicy } from '../steering-policy.ts';
import type { SteeringReading } from '../steering-sample.ts';
import { initialSteeringState } from '../steering-state.ts';

/** What was recorded of a site at one time; a WAN of which nothing is known is left out. */
export interface RecordedStep {
  readonly timeMs: number;
  readonly wans: readonly {
    readonly wan: string;
    readonly rxBps: number;
    readonly txBps: number;
    readonly running: boolean | undefined;
    readonly active: boolean | undefined;
  }[];
}

export interface ReplayResult {
  readonly steps: number;
  readonly decisions: readonly SteeringDecision[];
  /** Changes of the active WAN in the record. */
  readonly recordedChanges: number;
  /** Seconds in which a WAN was above the leave limit: as recorded, and with these decisions. */
  readonly recordedSecondsAbove: number;
  readonly secondsAbove: number;
  /** Of the recorded bits, those that found no room in the model. */
  readonly shortBits: number;
  readonly totalBits: number;
}

/** Mean life of a connection, by which load follows a change. */
const LIFE_MS = 90_000;
/** A longer gap in the record begins anew. */
const GAP_MS = 60_000;

/**
 * What a policy would have done with recorded load. The sum of what all WANs carried is taken as the demand; of each WAN's
 * load a part ends in each step (connections of 90 s in the mean), and what is new goes where the policy sends it. What
 * a full link had lost is not in the record, so a real site could have carried more.
 */
export function replayPolicy(policy: SteeringPolicy, record: readonly RecordedStep[]): ReplayResult {
  let state = initialSteeringState;
  let weights: readonly number[] | undefined;
  let loads: { rxBps: number; txBps: number }[] = [];
  let before: RecordedStep | undefined;
  let lastActive: string | undefined;
  const decisions: SteeringDecision[] = [];
  const totals = { recordedChanges: 0, recordedSecondsAbove: 0, secondsAbove: 0, shortBits: 0, totalBits: 0 };
  for (const step of record) {
    const elapsedMs = before ? step.timeMs - before.timeMs : 0;
    const isGap = !before || elapsedMs > GAP_MS;
    const recorded = policy.wans.map(({ name }) => step.wans.find(({ wan }) => wan === name));
    const active = recorded.find((entry) => entry?.active === true)?.wan;
    if (active !== undefined && lastActive !== undefined && active !== lastActive)
      totals.recordedChanges += 1;
    lastActive = active ?? lastActive;
    weights ??= policy.wans.map(({ name }, i) =>
      (active === undefined ? i === 0 : name === active) ? 1 : 0,
    );
    const keep = isGap ? 0 : Math.exp(-elapsedMs / LIFE_MS);
    loads = spread(recorded, isGap ? undefined : loads, keep, weights);
    const seconds = isGap ? 0 : elapsedMs / 1_000;
    const readings: SteeringReading[] = [];
    let isAbove = false;
    let wasAbove = false;
    for (const [i, { name, capacity }] of policy.wans.entries()) {
      const seen = recorded[i];
      if (!seen) continue;
      const load = loads[i] ?? { rxBps: 0, txBps: 0 };
      const rates = {
        rxBps: Math.min(capacity.rxBps, load.rxBps),
        txBps: Math.min(capacity.txBps, load.txBps),
      };
      totals.shortBits += (load.rxBps - rates.rxBps + load.txBps - rates.txBps) * seconds;
      totals.totalBits += (seen.rxBps + seen.txBps) * seconds;
      const limit = policy.leaveAbove;
      if (Math.max(rates.rxBps / capacity.rxBps, rates.txBps / capacity.txBps) > limit) isAbove = true;
      if (Math.max(seen.rxBps / capacity.rxBps, seen.txBps / capacity.txBps) > limit) wasAbove = true;
      readings.push({ wan: name, running: seen.running, ...(seen.running === false ? {} : { rates }) });
    }
    if (isAbove) totals.secondsAbove += seconds;
    if (wasAbove) totals.recordedSecondsAbove += seconds;
    const next = decide(policy, state, { timeMs: step.timeMs, readings, weights });
    ({ state } = next);
    if (next.decision) {
      decisions.push(next.decision);
      weights = next.decision.to;
    }
    before = step;
  }
  return { steps: record.length, decisions, ...totals };
}

/** What is left of each load, and what is new by the weights; at first as recorded. */
function spread(
  recorded: readonly (RecordedStep['wans'][number] | undefined)[],
  loads: readonly { rxBps: number; txBps: number }[] | undefined,
  keep: number,
  weights: readonly number[],
): { rxBps: number; txBps: number }[] {
  if (!loads) return recorded.map((seen) => ({ rxBps: seen?.rxBps ?? 0, txBps: seen?.txBps ?? 0 }));
  let weightSum = 0;
  for (const weight of weights) weightSum += weight;
  const spreadOne = (key: 'rxBps' | 'txBps'): number[] => {
    let demand = 0;
    let kept = 0;
    for (const seen of recorded) demand += seen?.[key] ?? 0;
    for (const load of loads) kept += load[key] * keep;
    // Where demand falls faster than connections end, all of them carry less.
    const scale = kept > demand ? demand / kept : 1;
    const fresh = Math.max(0, demand - kept);
    return loads.map((load, i) => load[key] * keep * scale + (fresh * (weights[i] ?? 0)) / weightSum);
  };
  const rx = spreadOne('rxBps');
  const tx = spreadOne('txBps');
  return loads.map((_, i) => ({ rxBps: rx[i] ?? 0, txBps: tx[i] ?? 0 }));
}
