import type { RouterView, WanRow, WanView } from '@fairlead/live-protocol';

/** What pings through a WAN to beyond its gateway say of it. */
export interface LinkQuality {
  readonly tone: 'unknown' | 'good' | 'poor' | 'failing';
  /** What is wrong in a word; empty where nothing is, or where it is not known. */
  readonly word: string;
  /** `12 ms · 0 % loss` */
  readonly text: string;
}

/**
 * Quality of a WAN by its latest sample: failing where the policy would leave it, poor where it would not enter it
 * (`steering.policy.health`).
 */
export function linkQualityOf(
  row: WanRow | undefined,
  { probed }: Pick<WanView, 'probed'>,
  limits: RouterView['probeLimits'],
): LinkQuality {
  const loss = row?.[8] ?? null;
  const rttMs = row?.[9] ?? null;
  if (loss === null) return { tone: 'unknown', word: '', text: probed ? 'not known' : 'not measured' };
  const text = `${rttMs === null ? 'no answer' : formatLatency(rttMs)} · ${formatLoss(loss)} loss`;
  // All lost has no latency, and loss that counts as failed.
  if (loss > limits.failLoss || (rttMs ?? 0) > limits.failLatencyMs) {
    return { tone: 'failing', word: 'failing', text };
  }
  const isGood = loss < limits.recoverLoss && (rttMs ?? 0) < limits.recoverLatencyMs;
  return isGood ? { tone: 'good', word: '', text } : { tone: 'poor', word: 'poor', text };
}

const formatLatency = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;

/** A single lost ping of many is not "0 %". */
function formatLoss(loss: number): string {
  const percent = loss * 100;
  return `${percent > 0 && percent < 1 ? '<1' : percent.toFixed(0)} %`;
}
