import { foldCommitMeter, initialCommitMeter } from './commit-meter.ts';
import type { Terms } from './schedule.ts';
import type { SteeredWan, SteeringPolicy } from './steering-policy.ts';
import type { SteeringReading, SteeringSample } from './steering-sample.ts';
import type { SteeringState, WanMemory } from './steering-state.ts';

/** `countBits` of the last samples, see `wanMemorySchema`. */
export function countBits(bits: number): number {
  let left = bits;
  let count = 0;
  for (; left !== 0; count += 1) left &= left - 1;
  return count;
}

/** The last `of` samples with one more. */
export function pushBit(bits: number, isSet: boolean, of: number): number {
  return ((bits << 1) | (isSet ? 1 : 0)) & (2 ** of - 1);
}

/** The state with the sample's readings in it. A WAN unknown so far, or renamed, begins anew. */
export function foldReadings(
  policy: SteeringPolicy,
  terms: Terms,
  state: SteeringState,
  sample: SteeringSample,
): SteeringState {
  const wans: WanMemory[] = [];
  let { linkEventMs } = state;
  for (const wan of policy.wans) {
    const before = findByName(state.wans, wan.name) ?? unknownWan(wan.name);
    const reading = findReading(sample.readings, wan.name);
    const after = reading ? foldWan(policy, terms, wan, before, reading, sample.timeMs) : before;
    if (before.running !== null && after.running !== before.running) linkEventMs = sample.timeMs;
    wans.push(after);
  }
  return { ...state, timeMs: sample.timeMs, wans, linkEventMs, behind: null };
}

function findByName(wans: readonly WanMemory[], name: string): WanMemory | undefined {
  for (const wan of wans) if (wan.name === name) return wan;
  return undefined;
}

function findReading(readings: readonly SteeringReading[], name: string): SteeringReading | undefined {
  for (const reading of readings) if (reading.wan === name) return reading;
  return undefined;
}

function unknownWan(name: string): WanMemory {
  return {
    name,
    timeMs: null,
    rxBps: 0,
    txBps: 0,
    rxMeanBps: 0,
    txMeanBps: 0,
    running: null,
    probedMs: null,
    isSick: false,
    above: 0,
    below: 0,
    bad: 0,
    good: 0,
    meter: initialCommitMeter,
  };
}

function foldWan(
  policy: SteeringPolicy,
  terms: Terms,
  wan: SteeredWan,
  before: WanMemory,
  reading: SteeringReading,
  timeMs: number,
): WanMemory {
  const after = { ...before };
  if (reading.running !== undefined) after.running = reading.running;
  if (reading.probe) foldProbe(policy, after, reading.probe, timeMs);
  else if (after.probedMs !== null && timeMs - after.probedMs > PROBE_TRUSTED_MS) forgetProbes(after);
  // A link that is down carries nothing, which is not the same as having room: its count begins anew when it is back.
  if (reading.running === false) {
    after.above = 0;
    after.below = 0;
    after.timeMs = null;
    return after;
  }
  if (!reading.rates || !isRate(reading.rates.rxBps) || !isRate(reading.rates.txBps)) return after;
  const { rxBps, txBps } = reading.rates;
  const { of } = policy.samples;
  const sinceMs = before.timeMs === null ? Number.POSITIVE_INFINITY : timeMs - before.timeMs;
  const isConsecutive = sinceMs <= policy.freshMs;
  const keep = isConsecutive ? Math.exp(-sinceMs / policy.meanMs) : 0;
  const load = Math.max(rxBps / wan.capacity.rxBps, txBps / wan.capacity.txBps);
  after.timeMs = timeMs;
  after.rxBps = rxBps;
  after.txBps = txBps;
  after.rxMeanBps = before.rxMeanBps * keep + rxBps * (1 - keep);
  after.txMeanBps = before.txMeanBps * keep + txBps * (1 - keep);
  after.above = pushBit(isConsecutive ? before.above : 0, load > terms.leaveAbove, of);
  after.below = pushBit(isConsecutive ? before.below : 0, load < terms.returnBelow, of);
  after.meter = foldCommitMeter(before.meter, wan.capacity, timeMs, rxBps, txBps);
  return after;
}

const isRate = (bps: number): boolean => Number.isFinite(bps) && bps >= 0;

/** A WAN that is probed no longer is as one that never was: what was found then is not held against it for ever. */
const PROBE_TRUSTED_MS = 90_000;

function forgetProbes(wan: WanMemory): void {
  wan.probedMs = null;
  wan.isSick = false;
  wan.bad = 0;
  wan.good = 0;
}

/** Between the limits of recovery and failure a probe says nothing. */
function foldProbe(
  { health, samples }: SteeringPolicy,
  wan: WanMemory,
  { loss, latencyMs }: { readonly loss: number; readonly latencyMs: number },
  timeMs: number,
): void {
  wan.probedMs = timeMs;
  const isBad = !(loss <= health.failLoss && latencyMs <= health.failLatencyMs);
  const isGood = loss < health.recoverLoss && latencyMs < health.recoverLatencyMs;
  wan.bad = pushBit(wan.bad, isBad, samples.of);
  wan.good = pushBit(wan.good, isGood, samples.of);
  if (!wan.isSick && countBits(wan.bad) >= samples.breached) wan.isSick = true;
  else if (wan.isSick && countBits(wan.good) >= samples.breached && countBits(wan.bad) === 0)
    wan.isSick = false;
}
