/** sysUpTime (RFC 3418) is a TimeTicks of 32 bits in steps of 10 ms: it starts again after 497 days. */
export const UPTIME_WRAP_MS = 2 ** 32 * 10;

/** A device that was away while our clock ran on by more than this has restarted, however long it is up now. */
const RESTART_SLACK_MS = 5_000;

/** Longest difference between the delays of two replies. */
const REPLY_JITTER_MS = 1_000;

/** Error that a clock may bring into a rate. */
const MAX_CLOCK_ERROR = 0.02;

/** What the device's uptime says about the time between two readings. */
export type DeviceInterval =
  /** `fine`: the steps of the clock are small enough against the interval to divide by it. */
  | { readonly kind: 'advanced'; readonly intervalMs: number; readonly fine: boolean }
  | { readonly kind: 'same' }
  | { readonly kind: 'restarted' }
  /** Our own clock was set meanwhile: it tells neither how long the interval was nor whether the device ran through. */
  | { readonly kind: 'clock-set' }
  | { readonly kind: 'unknown' };

/**
 * Compares two uptimes.
 * @param arrivalMs time between the readings by our clock; may be negative when it was set back
 */
export function deviceInterval(
  beforeMs: bigint | undefined,
  afterMs: bigint | undefined,
  arrivalMs: number,
): DeviceInterval {
  if (beforeMs === undefined || afterMs === undefined) return { kind: 'unknown' };
  const straightMs = Number(afterMs - beforeMs);
  const wrappedMs = straightMs + UPTIME_WRAP_MS;
  const isWrap = straightMs < 0 && Math.abs(wrappedMs - arrivalMs) <= RESTART_SLACK_MS;
  const intervalMs = isWrap ? wrappedMs : straightMs;
  if (intervalMs < 0) return { kind: 'restarted' };
  const stepMs = stepOf(beforeMs, afterMs);
  const slackMs = RESTART_SLACK_MS + stepMs;
  if (arrivalMs - intervalMs > slackMs) {
    // It can only have restarted since the last reading if it is not up for longer than that.
    return { kind: Number(afterMs) <= arrivalMs + slackMs ? 'restarted' : 'clock-set' };
  }
  if (intervalMs === 0) return { kind: 'same' };
  const fine = stepMs <= intervalMs * MAX_CLOCK_ERROR;
  // A fine clock needs ours only to tell that it did not start again in between, and a slow reply does not hide that.
  const maxLagMs = fine ? slackMs : stepMs + REPLY_JITTER_MS;
  return intervalMs - arrivalMs > maxLagMs ? { kind: 'clock-set' } : { kind: 'advanced', intervalMs, fine };
}

/**
 * RouterOS counts whole seconds, in `/system/resource` and in sysUpTime alike: every sysUpTime in the recorded walks
 * is a multiple of 100 ticks. One second of error in five is worse than the jitter of the network, so such a clock is
 * recognised by its values and left alone until the interval is long.
 */
function stepOf(beforeMs: bigint, afterMs: bigint): number {
  return beforeMs % 1_000n === 0n && afterMs % 1_000n === 0n ? 1_000 : 10;
}
