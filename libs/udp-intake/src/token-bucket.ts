/** What a sender may still send; changed in place, because it is asked for every datagram. */
export interface TokenBucket {
  tokens: number;
  atMs: number;
}

/** A full bucket: one second's worth. */
export const fullBucket = (perSecond: number, nowMs: number): TokenBucket => ({
  tokens: perSecond,
  atMs: nowMs,
});

/**
 * Takes a token if there is one. The bucket fills with `perSecond` tokens a second and holds as many.
 * @param nowMs of a clock that never goes backwards
 */
export function takeToken(bucket: TokenBucket, perSecond: number, nowMs: number): boolean {
  bucket.tokens = Math.min(perSecond, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1_000);
  bucket.atMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
