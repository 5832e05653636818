import { setTimeout as sleep } from 'node:timers/promises';
import { type FleetWatch, lateShare, median, microsPerReading, percentile, type Recording } from './fleet.ts';
import type { BenchmarkResult } from './report.ts';

/** A measurement without and with bad routers, in pairs of short turns in one process. */
export interface TurnsPlan {
  readonly rounds: number;
  readonly roundSeconds: number;
  /** After each change, before it is recorded. */
  readonly settleSeconds: number;
}

/** One turn of a round; each round has one without bad routers and one with them. */
export interface Turn extends Recording {
  readonly round: number;
}

/** Options of the benchmarks that take turns, for parseArgs. */
export const turnsOptions = {
  rounds: { type: 'string', default: '20' },
  'round-seconds': { type: 'string', default: '5' },
  'settle-seconds': { type: 'string', default: '2' },
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
  tell: (turn: Turn) => void,
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
      if (round > 0) tell({ ...recording, round });
    }
  }
}

/** The bad ones against none: all readings together, those that no stall of the machine touched, and the rounds one by one. */
export function compareTurns(benchmark: string, turns: readonly Turn[]): BenchmarkResult[] {
  const pairs = pairUp(turns);
  if (pairs.length === 0) return [];
  const p99 = (cycles: readonly number[]): number => percentile(cycles, 0.99);
  const [without, withBad] = [pool(pairs.map(([alone]) => alone)), pool(pairs.map(([, among]) => among))];
  const compare = (name: string, unit: string, of: (recording: Recording) => number): BenchmarkResult => ({
    name: `${benchmark}-${name}`,
    value: of(withBad),
    unit,
    peer: 'without bad routers',
    peerValue: of(without),
  });
  const range = (of: (recording: Recording) => readonly number[]): string => {
    const [low, high] = resampledRange(pairs, of);
    return `ms, ${of(withBad).length} readings, ratio of resampled rounds ${low.toFixed(2)} to ${high.toFixed(2)}`;
  };
  return [
    compare('p99', range(cyclesOf), ({ cycles }) => p99(cycles)),
    compare('p99-calm', range(calmCyclesOf), ({ calmCycles }) => p99(calmCycles)),
    {
      name: `${benchmark}-p99-by-round`,
      value: median(pairs.map(([alone, among]) => p99(among.cycles) / p99(alone.cycles))),
      unit: '×, median of the ratios of the rounds',
      peer: 'without bad routers',
      peerValue: 1,
    },
    compare('p50', 'ms', ({ cycles }) => percentile(cycles, 0.5)),
    compare('late-share-with-bad', 'of the readings due', lateShare),
    compare('cpu', 'µs of processor a reading', microsPerReading),
  ];
}

type Pair = readonly [alone: Recording, among: Recording];

const cyclesOf = ({ cycles }: Recording): readonly number[] => cycles;
const calmCyclesOf = ({ calmCycles }: Recording): readonly number[] => calmCycles;

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
    expected: sum(({ expected }) => expected),
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
  };
}

/** Sorted. */
const poolCycles = (
  recordings: readonly Recording[],
  of: (recording: Recording) => readonly number[],
): readonly number[] => [...Float64Array.from(recordings.flatMap(of)).sort()];

const RESAMPLES = 200;

/**
 * How far chance moves the ratio of the p99: the range of 95 % of the ratios when as many rounds are drawn from the rounds again
 * and again (percentile bootstrap).
 */
function resampledRange(
  pairs: readonly Pair[],
  of: (recording: Recording) => readonly number[],
): readonly [number, number] {
  const p99 = (recordings: readonly Recording[]): number => percentile(poolCycles(recordings, of), 0.99);
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const drawn = pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)] as Pair);
    return p99(drawn.map(([, among]) => among)) / p99(drawn.map(([alone]) => alone));
  }).sort((a, b) => a - b);
  return [percentile(ratios, 0.025), percentile(ratios, 0.975)];
}
