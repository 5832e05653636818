const UNITS = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const;

/**
 * Bits per second from a number or from text such as `50M`, `1.5G` or `64k` (decimal, as RouterOS and ISPs count).
 * @returns undefined when the text is not a positive rate
 */
export function bitsPerSecond(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? value : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([kMGT]?)(?:bit\/s|bps)?$/.exec(value.trim());
  if (!match) return undefined;
  const rate = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return rate > 0 ? rate : undefined;
}
