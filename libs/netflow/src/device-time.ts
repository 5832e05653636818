/** The clocks of a header, read by the device at the same moment. */
export interface HeaderClock {
  /** Unix milliseconds; 0 when the device has not set its clock. */
  readonly unixMs: number;
  /** Milliseconds since the device started, 32 bits: wraps after 49.7 days. Absent in IPFIX. */
  readonly uptimeMs: number | undefined;
}

/** A packet may be seen between the reading of the header's clock and the export, so a little later is believed. */
const FUTURE_TOLERANCE_MS = 60_000;

/**
 * Wall clock of an uptime stamp (FIRST_SWITCHED, LAST_SWITCHED; RFC 3954 section 8): the header's time less the
 * uptime that has passed since, which is right across one wrap of the counter.
 * @returns Unix milliseconds, or undefined when the device's clock is not set, its uptime is not known, or the stamp
 *   lies in its future
 */
export function deviceTimeMs({ unixMs, uptimeMs }: HeaderClock, stampMs: number): number | undefined {
  if (uptimeMs === undefined || unixMs === 0) return undefined;
  const ageMs = (uptimeMs - stampMs) | 0;
  if (ageMs < -FUTURE_TOLERANCE_MS || ageMs > unixMs) return undefined;
  return unixMs - ageMs;
}

/**
 * The clocks of a device that says when it started (systemInitTimeMilliseconds) and what time it is now.
 * A start after the export is no start.
 */
export function clockSince(startedMs: number, unixMs: number): HeaderClock {
  return { unixMs, uptimeMs: startedMs > unixMs ? undefined : (unixMs - startedMs) % 2 ** 32 };
}
