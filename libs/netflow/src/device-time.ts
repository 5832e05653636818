/** The two clocks of a v5 or v9 header, read by the device at the same moment. */
export interface HeaderClock {
  /** Unix milliseconds; 0 when the device has not set its clock. */
  readonly unixMs: number;
  /** Milliseconds since the device started, 32 bits: wraps after 49.7 days. */
  readonly uptimeMs: number;
}

/** A packet may be seen between the reading of the header's clock and the export, so a little later is believed. */
const FUTURE_TOLERANCE_MS = 60_000;

/**
 * Wall clock of an uptime stamp (FIRST_SWITCHED, LAST_SWITCHED; RFC 3954 section 8): the header's time less the
 * uptime that has passed since, which is right across one wrap of the counter.
 * @returns Unix milliseconds, or undefined when the device's clock is not set or the stamp lies in its future
 */
export function deviceTimeMs(clock: HeaderClock, stampMs: number): number | undefined {
  const ageMs = (clock.uptimeMs - stampMs) | 0;
  if (ageMs < -FUTURE_TOLERANCE_MS || ageMs > clock.unixMs || clock.unixMs === 0) return undefined;
  return clock.unixMs - ageMs;
}
