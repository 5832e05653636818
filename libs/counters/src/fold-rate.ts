import { type InterfaceCounters, RateClock } from '@fairlead/model';
import { deviceInterval, type DeviceInterval } from './device-clock.ts';

/** Load of one interface between two readings; rx is what the router receives. */
export interface Rate {
  /** Bits per second. */
  readonly rxBps: number;
  readonly txBps: number;
  /** Length of the interval by `clock`; rate x interval gives back the bytes. */
  readonly intervalMs: number;
  readonly clock: RateClock;
  /** A counter of 32 bits went round in the interval. */
  readonly wrapped?: true;
  /** When the two readings arrived, Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Why a reading gives no rate. Unknown is never zero.
 * - `first-sample`: there is nothing to compare with
 * - `absent`: the router did not report both octet counters
 * - `duplicate`: the same reading again, or the agent's cache of it
 * - `out-of-order`: older than the last one
 * - `too-soon`: so short after the last one that the jitter of the network would decide the rate
 * - `reset`: the device restarted or the counters started again
 * - `gap`: so long after the last one that a mean would hide what happened
 * - `clock-set`: our own clock was set in the interval, so nothing tells how long it was or whether the device ran through
 * - `wrapped-unseen`: so long for counters of 32 bits that they may have gone round more than once
 * - `implausible`: more than the line can carry
 */
export type NoRateReason =
  | 'first-sample'
  | 'absent'
  | 'duplicate'
  | 'out-of-order'
  | 'too-soon'
  | 'reset'
  | 'gap'
  | 'clock-set'
  | 'wrapped-unseen'
  | 'implausible';

export type RateResult =
  { readonly kind: 'rate'; readonly rate: Rate } | { readonly kind: 'none'; readonly reason: NoRateReason };

/** What is remembered of an interface: the reading that the next one is compared with. */
export interface RateState {
  readonly timeMs: number;
  readonly deviceUptimeMs: bigint | undefined;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly counterBits: 32 | 64;
  /** How often the agent had started (snmpEngineBoots); undefined when it does not tell. */
  readonly engineBoots: number | undefined;
}

export interface RateOptions {
  /** Longer intervals give no rate. */
  readonly maxGapMs: number;
  /** Shorter intervals give no rate; the next reading covers them. */
  readonly minIntervalMs: number;
  /** Highest believable rate in bits per second, whatever the link says; absent when nothing is known. */
  readonly maxBps?: { readonly rx: number; readonly tx: number };
}

/** The link rate is nominal and both clocks have an error. */
const LINK_MARGIN = 1.1;

const RANGE_32_BITS = 2 ** 32;

/**
 * One step from counters to a rate, for one interface read by one source. Pure: the same readings give the same rates.
 *
 * The divisor is the device's own uptime where its steps are fine enough, since that is free of the delays of polling;
 * otherwise the time of arrival. Bytes are never invented and never counted twice: an interval ends where the next
 * begins, and whatever is doubtful is left out with its reason.
 */
export function foldRate(
  state: RateState | undefined,
  sample: InterfaceCounters,
  options: RateOptions,
): { readonly state: RateState | undefined; readonly result: RateResult } {
  const { rxBytes, txBytes } = sample;
  if (rxBytes === undefined || txBytes === undefined) return { state, result: none('absent') };
  const next: RateState = {
    timeMs: sample.timeMs,
    deviceUptimeMs: sample.deviceUptimeMs,
    rxBytes,
    txBytes,
    counterBits: sample.counterBits === 32 ? 32 : 64,
    engineBoots: sample.engineBoots,
  };
  if (state === undefined) return { state: next, result: none('first-sample') };

  const arrivalMs = next.timeMs - state.timeMs;
  const device = deviceInterval(state.deviceUptimeMs, next.deviceUptimeMs, arrivalMs);
  if (isRepeated(state, next, device)) return { state, result: none('duplicate') };
  if (device.kind === 'clock-set') return { state: next, result: none('clock-set') };
  const clock = chooseClock(device, arrivalMs);
  if (clock === undefined) {
    // A small step back is one reading overtaken by another; a large one, or one that the device's clock or counters
    // contradict, is our clock being set, and the past must not block the future.
    const clockWasSet =
      device.kind === 'advanced' ||
      -arrivalMs > options.maxGapMs ||
      (device.kind === 'unknown' && rxBytes >= state.rxBytes && txBytes >= state.txBytes);
    return { state: clockWasSet ? next : state, result: none('out-of-order') };
  }
  if (device.kind === 'restarted' || isOtherRun(state, next)) return { state: next, result: none('reset') };
  const lengthMs = Math.max(clock.intervalMs, arrivalMs);
  const limits = limitsOf(sample.speedBps, options);
  const rx = bytesBetween(state.rxBytes, next.rxBytes, next.counterBits, (limits.rx * lengthMs) / 8_000);
  const tx = bytesBetween(state.txBytes, next.txBytes, next.counterBits, (limits.tx * lengthMs) / 8_000);
  if (rx === undefined || tx === undefined) return { state: next, result: none('reset') };
  if (lengthMs > options.maxGapMs) return { state: next, result: none('gap') };
  if (clock.intervalMs < options.minIntervalMs) return { state, result: none('too-soon') };
  if (next.counterBits === 32 && Math.max(limits.rx, limits.tx) * lengthMs >= RANGE_32_BITS * 8_000) {
    return { state: next, result: none('wrapped-unseen') };
  }

  const bps = (bytes: bigint): number => (Number(bytes) * 8_000) / clock.intervalMs;
  const rate: Rate = {
    rxBps: bps(rx),
    txBps: bps(tx),
    intervalMs: clock.intervalMs,
    clock: clock.clock,
    ...(next.rxBytes < state.rxBytes || next.txBytes < state.txBytes ? { wrapped: true as const } : {}),
    fromMs: state.timeMs,
    toMs: next.timeMs,
  };
  // The old reading stays: if only this one was wrong, the next one heals the interval.
  if (isOver(rate.rxBps, limits.rx) || isOver(rate.txBps, limits.tx)) {
    return { state, result: none('implausible') };
  }
  return { state: next, result: { kind: 'rate', rate } };
}

const none = (reason: NoRateReason): RateResult => ({ kind: 'none', reason });

function isRepeated(state: RateState, next: RateState, device: DeviceInterval): boolean {
  const sameMoment = device.kind === 'unknown' ? state.timeMs === next.timeMs : device.kind === 'same';
  return sameMoment && state.rxBytes === next.rxBytes && state.txBytes === next.txBytes;
}

function chooseClock(
  device: DeviceInterval,
  arrivalMs: number,
): { readonly clock: RateClock; readonly intervalMs: number } | undefined {
  if (device.kind === 'advanced' && device.fine) {
    return { clock: RateClock.DEVICE, intervalMs: device.intervalMs };
  }
  return arrivalMs > 0 ? { clock: RateClock.ARRIVAL, intervalMs: arrivalMs } : undefined;
}

/** The agent has started since, or it counts otherwise: the readings have nothing to do with each other. */
function isOtherRun(state: RateState, next: RateState): boolean {
  if (state.counterBits !== next.counterBits) return true;
  const known = state.engineBoots !== undefined && next.engineBoots !== undefined;
  return known && state.engineBoots !== next.engineBoots;
}

/**
 * Undefined when the counter started again. A 64-bit counter that went back did; a 32-bit one went round if what that
 * makes is no more than could pass, and if nothing is known of the line it is not believed.
 * @param maxBytes most that could pass, 0 when not known
 */
function bytesBetween(
  before: bigint,
  after: bigint,
  counterBits: 32 | 64,
  maxBytes: number,
): bigint | undefined {
  if (after >= before) return after - before;
  const round = after - before + BigInt(RANGE_32_BITS);
  return counterBits === 32 && Number(round) <= maxBytes ? round : undefined;
}

/**
 * Highest believable rates, 0 where nothing is known. ifHighSpeed is no upper limit by itself: bonding reports one member
 * and PPPoE reports nothing. So a rate is refused only when it exceeds both the link and the configured limit.
 */
function limitsOf(speedBps: bigint | undefined, { maxBps }: RateOptions): { rx: number; tx: number } {
  const linkBps = speedBps === undefined ? 0 : Number(speedBps) * LINK_MARGIN;
  return { rx: Math.max(linkBps, maxBps?.rx ?? 0), tx: Math.max(linkBps, maxBps?.tx ?? 0) };
}

const isOver = (bps: number, limitBps: number): boolean => limitBps > 0 && bps > limitBps;
