import type { WanUtilisation } from '@fairlead/model';

/** Rounds of pings that are looked at together: one lost ping is no news, five rounds are soon over. */
const ROUNDS = 5;
/** Rounds that may be missing before the last ones say nothing about now. */
const MISSED_ROUNDS = 3;
const LEAST_TRUSTED_MS = 15_000;

/** A round of pings through a WAN: share lost, and mean round trip of those that were answered. */
export interface ProbeRound {
  readonly timeMs: number;
  readonly loss: number;
  readonly rttMs: number | undefined;
}

/** What the last rounds say together; null where they say nothing. */
export interface ProbeSummary {
  readonly loss: number | null;
  readonly rttMs: number | null;
}

const UNKNOWN: ProbeSummary = { loss: null, rttMs: null };

/** The last rounds after one more sample, which may have brought none. */
export function roundsAfter(
  rounds: readonly ProbeRound[],
  { timeMs, probeLoss, probeRttMs }: Pick<WanUtilisation, 'timeMs' | 'probeLoss' | 'probeRttMs'>,
): readonly ProbeRound[] {
  if (probeLoss === undefined) return rounds;
  return [...rounds.slice(1 - ROUNDS), { timeMs, loss: probeLoss, rttMs: probeRttMs }];
}

/**
 * Loss and round trip as they are at a time.
 * @param probeIntervalMs between two rounds, as configured
 */
export function summariseRounds(
  rounds: readonly ProbeRound[],
  timeMs: number,
  probeIntervalMs: number,
): ProbeSummary {
  const last = rounds.at(-1);
  if (!last || timeMs - last.timeMs > Math.max(LEAST_TRUSTED_MS, MISSED_ROUNDS * probeIntervalMs)) {
    return UNKNOWN;
  }
  let loss = 0;
  let answered = 0;
  let rttMs = 0;
  for (const round of rounds) {
    loss += round.loss;
    if (round.rttMs === undefined || round.loss >= 1) continue;
    answered += 1 - round.loss;
    rttMs += (1 - round.loss) * round.rttMs;
  }
  return { loss: loss / rounds.length, rttMs: answered > 0 ? rttMs / answered : null };
}
