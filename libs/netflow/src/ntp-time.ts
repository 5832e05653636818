const NTP_EPOCH_SECONDS = 2_208_988_800;
const ERA_SECONDS = 2 ** 32;

/**
 * Unix milliseconds of an NTP time (RFC 5905 section 6), cut. Seconds from before 1970 are of the era that begins in
 * February 2036. Zero is no time, and stays 0.
 */
export function ntpUnixMs(seconds: number, fraction: number): number {
  if (seconds === 0) return 0;
  return ntpUnixSeconds(seconds) * 1000 + Math.floor((fraction * 1000) / ERA_SECONDS);
}

export function ntpUnixSeconds(seconds: number): number {
  return seconds - NTP_EPOCH_SECONDS + (seconds < NTP_EPOCH_SECONDS ? ERA_SECONDS : 0);
}
