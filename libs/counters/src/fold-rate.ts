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
 * - `implausible`: more than the line can carry
 */
export type NoRateReason =
  'first-sample' | 'absent' | 'duplicate' | 'out-of-order' | 'too-soon' | 'reset' | 'gap' | 'implausible';

export type RateResult =
  { readonly kind: 'rate'; readonly rate: Rate } | { readonly kind: 'none'; readonly reason: NoRateReason };

/** What is remembered of an interface: the reading that the next one is compared with. */
export interface RateState {
  readonly timeMs: number;
  readonly deviceUptimeMs: bigint | undefined;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
}

export interface RateOptions {
  /** Longer intervals give no rate. */
  readonly maxGapMs: number;
  /** Shorter intervals give no rate; the next reading covers them. */
  readonly minIntervalMs: number;
  /** Highest believable rate in bits per second, whatever the link says; absent when nothing is known. */
  readonly maxBps?: { readonly rx: number; readonly tx: number };
  /** 32 for ifInOctets, which starts again at 4 GiB; 64 for ifHCInOctets and the API, which never do. */
  readonly counterBits?: 32 | 64;
}

/** The link rate is nominal and both clocks have an error. */
const LINK_MARGIN = 1.1;

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
  const next: RateState = { timeMs: sample.timeMs, deviceUptimeMs: sample.deviceUptimeMs, rxBytes, txBytes };
  if (state === undefined) return { state: next, result: none('first-sample') };

  const arrivalMs = next.timeMs - state.timeMs;
  const device = deviceInterval(state.deviceUptimeMs, next.deviceUptimeMs, arrivalMs);
  if (isRepeated(state, next, device)) return { state, result: none('duplicate') };
  const clock = chooseClock(device, arrivalMs);
  if (clock === undefined) {
    // A small step back is one reading overtaken by another; a large one, or one that the device's clock contradicts,
    // is our clock being set, and the past must not block the future.
    const clockWasSet = device.kind === 'advanced' || -arrivalMs > options.maxGapMs;
    return { state: clockWasSet ? next : state, result: none('out-of-order') };
  }
  if (device.kind === 'restarted') return { state: next, result: none('reset') };
  const rx = bytesBetween(state.rxBytes, next.rxBytes, options.counterBits);
  const tx = bytesBetween(state.txBytes, next.txBytes, options.counterBits);
  if (rx === undefined || tx === undefined) return { state: next, result: none('reset') };
  if (Math.max(clock.intervalMs, arrivalMs) > options.maxGapMs) return { state: next, result: none('gap') };
  if (clock.intervalMs < options.minIntervalMs) return { state, result: none('too-soon') };

  const bps = (bytes: bigint): number => (Number(bytes) * 8_000) / clock.intervalMs;
  const rate: Rate = {
    rxBps: bps(rx),
    txBps: bps(tx),
    intervalMs: clock.intervalMs,
    clock: clock.clock,
    fromMs: state.timeMs,
    toMs: next.timeMs,
  };
  // The old reading stays: if only this one was wrong, the next one heals the interval.
  if (!isPlausible(rate, sample.speedBps, options)) return { state, result: none('implausible') };
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

/** Undefined when the counter went back, which a 64-bit counter does only by starting again. */
function bytesBetween(before: bigint, after: bigint, counterBits: 32 | 64 = 64): bigint | undefined {
  if (after >= before) return after - before;
  return counterBits === 32 ? after - before + (1n << 32n) : undefined;
}

/**
 * ifHighSpeed is no upper limit by itself: bonding reports one member and PPPoE reports nothing. So a rate is refused
 * only when it exceeds both the link and the configured limit, as far as they are known.
 */
function isPlausible(rate: Rate, speedBps: bigint | undefined, { maxBps }: RateOptions): boolean {
  const linkBps = speedBps === undefined ? 0 : Number(speedBps) * LINK_MARGIN;
  const within = (bps: number, configured = 0): boolean => {
    const limit = Math.max(linkBps, configured);
    return limit === 0 || bps <= limit;
  };
  return within(rate.rxBps, maxBps?.rx) && within(rate.txBps, maxBps?.tx);
}
