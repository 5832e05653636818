import { setTimeout as sleep } from 'node:timers/promises';
import { type FleetWatch, lateShare, microsPerReading, percentile, type Recording } from './fleet.ts';
import type { BenchmarkResult } from './report.ts';

/** A measurement of healthy routers alone, and of the same among bad ones, in pairs of turns in one process. */
export interface TurnsPlan {
  readonly rounds: number;
  readonly roundSeconds: number;
  /** After each change, before it is recorded. A router that goes bad is tried often at first, and then more and more seldom. */
  readonly settleSeconds: number;
}

/** One turn of a round; each round has one without bad routers and one with them. */
export interface Turn extends Recording {
  readonly round: number;
}

/** Options of the benchmarks that take turns, for parseArgs. */
export const turnsOptions = {
  rounds: { type: 'string', default: '5' },
  'round-seconds': { type: 'string', default: '40' },
  'settle-seconds': { type: 'string', default: '30' },
} as const;

export const readTurnsPlan = (values: Readonly<Record<keyof typeof turnsOptions, string>>): TurnsPlan => ({
  rounds: Number(values.rounds),
  roundSeconds: Number(values['round-seconds']),
  settleSeconds: Number(values['settle-seconds']),
});

/**
 * Which comes first is drawn for each round, so that nothing that comes and goes with the time is always on one side. The round
 * before the first is practice: functions are compiled in it.
 * @param healthy routers, which stay throughout
 * @param bad routers that come and go
 * @param change lets the bad ones come or go
 */
export async function takeTurns(
  { rounds, roundSeconds, settleSeconds }: TurnsPlan,
  { healthy, bad }: { readonly healthy: number; readonly bad: number },
  { settle, record }: FleetWatch,
  change: (withBad: boolean) => void,
  tell: (turn: Turn) => Promise<void>,
): Promise<void> {
  if (rounds === 0) return;
  change(false);
  await settle(healthy);
  for (let round = 0; round <= rounds; round += 1) {
    const isBadFirst = Math.random() < 0.5;
    for (const withBad of [isBadFirst, !isBadFirst]) {
      change(withBad);
      await sleep(settleSeconds * 1_000);
      const recording = await record(healthy, withBad ? bad : 0, roundSeconds);
      if (round > 0) await tell({ ...recording, round });
    }
  }
}

/**
 * Readings of healthy routers among bad ones against those of the same routers alone: all together, those that no stall of
 * the machine touched, second by second, and round by round.
 */
export function compareTurns(benchmark: string, turns: readonly Turn[]): BenchmarkResult[] {
  const pairs = pairUp(turns);
  if (pairs.length === 0) return [];
  const p99 = (cycles: ArrayLike<number>): number => percentile(cycles, 0.99);
  const [without, withBad] = [pool(pairs.map(([alone]) => alone)), pool(pairs.map(([, among]) => among))];
  const compare = (name: string, unit: string, of: (recording: Recording) => number): BenchmarkResult => ({
    name: `${benchmark}-${name}`,
    value: of(withBad),
    unit,
    peer: PEER,
    peerValue: of(without),
  });
  const pooledRange = (of: (recording: Recording) => ArrayLike<number>): string => {
    const range = resampledRange(pairs, (drawn) => {
      const [among, alone] = [drawn.map((pair) => pair[1]), drawn.map((pair) => pair[0])];
      return p99(poolCycles(among, of)) / p99(poolCycles(alone, of));
    });
    return `ms, ${of(withBad).length} readings, ratio of resampled rounds ${range}`;
  };
  const bySecond = (drawn: readonly Pair[]): number =>
    medianSecond(drawn.map(([, among]) => among)) / medianSecond(drawn.map(([alone]) => alone));
  const byRound = (drawn: readonly Pair[]): number =>
    geometricMean(drawn.map(([alone, among]) => p99(among.cycles) / p99(alone.cycles)));
  return [
    compare('p99', pooledRange(cyclesOf), ({ cycles }) => p99(cycles)),
    compare('p99-calm', pooledRange(calmCyclesOf), ({ calmCycles }) => p99(calmCycles)),
    {
      name: `${benchmark}-p99-of-a-second`,
      value: medianSecond([withBad]),
      unit: `ms, median of ${withBad.secondP99s.length} seconds, ratio of resampled rounds ${resampledRange(pairs, bySecond)}`,
      peer: PEER,
      peerValue: medianSecond([without]),
    },
    {
      name: `${benchmark}-p99-by-round`,
      value: byRound(pairs),
      unit: `×, geometric mean of the ratios of ${pairs.length} rounds, resampled ${resampledRange(pairs, byRound)}`,
      peer: PEER,
      peerValue: 1,
    },
    compare('p50', 'ms', ({ cycles }) => percentile(cycles, 0.5)),
    compare('late-share-with-bad', 'of the readings due', lateShare),
    compare('cpu', 'µs of processor a reading', microsPerReading),
  ];
}

const PEER = 'without bad routers';

type Pair = readonly [alone: Recording, among: Recording];

const cyclesOf = ({ cycles }: Recording): ArrayLike<number> => cycles;
const calmCyclesOf = ({ calmCycles }: Recording): ArrayLike<number> => calmCycles;

function pairUp(turns: readonly Turn[]): Pair[] {
  return turns
    .filter(({ bad }) => bad === 0)
    .flatMap((alone): Pair[] => {
      const among = turns.find(({ bad, round }) => bad > 0 && round === alone.round);
      return among ? [[alone, among]] : [];
    });
}

/** As if it had been one recording. */
function pool(recordings: readonly Recording[]): Recording {
  const sum = (of: (recording: Recording) => number): number =>
    recordings.reduce((total, recording) => total + of(recording), 0);
  return {
    healthy: recordings[0]?.healthy ?? 0,
    bad: recordings[0]?.bad ?? 0,
    cycles: poolCycles(recordings, cyclesOf),
    calmCycles: poolCycles(recordings, calmCyclesOf),
    secondP99s: recordings.flatMap(({ secondP99s }) => secondP99s),
    expected: sum(({ expected }) => expected),
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    stolenSeconds: sum(({ stolenSeconds }) => stolenSeconds),
  };
}

/** Sorted. */
function poolCycles(
  recordings: readonly Recording[],
  of: (recording: Recording) => ArrayLike<number>,
): Float64Array {
  const pooled = new Float64Array(recordings.reduce((sum, recording) => sum + of(recording).length, 0));
  let at = 0;
  for (const recording of recordings) {
    pooled.set(of(recording), at);
    at += of(recording).length;
  }
  return pooled.sort();
}

const medianSecond = (recordings: readonly Recording[]): number =>
  percentile(
    recordings.flatMap(({ secondP99s }) => secondP99s).sort((a, b) => a - b),
    0.5,
  );

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const RESAMPLES = 300;

/**
 * How far chance moves a figure: the range of 95 % of what it is when as many rounds are drawn from the rounds again and again
 * (percentile bootstrap).
 */
function resampledRange(pairs: readonly Pair[], figure: (drawn: readonly Pair[]) => number): string {
  const figures = Array.from({ length: RESAMPLES }, () =>
    figure(pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)] as Pair)),
  ).sort((a, b) => a - b);
  return `${percentile(figures, 0.025).toFixed(2)} to ${percentile(figures, 0.975).toFixed(2)}`;
}
