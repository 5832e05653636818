const MAX_UINT64 = 2n ** 64n - 1n;

/** A flag as v6 and v7 print it; undefined when it is absent or something else. */
export function parseFlag(text: string | undefined): boolean | undefined {
  if (text === 'true' || text === 'yes') return true;
  return text === 'false' || text === 'no' ? false : undefined;
}

/** A counter of up to 64 bits; undefined when it is absent or something else. */
export function parseCounter(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_UINT64 ? value : undefined;
}
