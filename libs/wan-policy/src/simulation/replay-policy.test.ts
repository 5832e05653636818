import { describe, expect, it } from 'vitest';
import { steeringPolicy, type SteeredWan } from '../steering-policy.ts';
import { type RecordedStep, replayPolicy } from './replay-policy.ts';

const START_MS = Date.UTC(2026, 2, 2);
const wans: SteeredWan[] = ['A', 'B'].map((name) => ({
  name,
  capacity: { rxBps: 10e6, txBps: 10e6 },
  costPerGb: 0,
  commitBps: 0,
}));
const spill = steeringPolicy(wans, { kind: 'spill', meanMs: 1_000 });

/** A sample a second; what A and B received in megabits, A active. */
const record = (...loads: readonly (readonly [a: number, b: number, seconds: number])[]): RecordedStep[] => {
  const steps: RecordedStep[] = [];
  for (const [a, b, seconds] of loads) {
    for (let i = 0; i < seconds; i += 1) {
      steps.push({
        timeMs: START_MS + steps.length * 1_000,
        wans: [a, b].map((mega, at) => ({
          wan: 'AB'[at] ?? '',
          rxBps: mega * 1e6,
          txBps: 0,
          running: true,
          active: at === 0,
        })),
      });
    }
  }
  return steps;
};

describe('a recorded load, replayed', () => {
  it('moves with the decisions, so that less time is spent above the limit than was', () => {
    const result = replayPolicy(spill, record([4, 1, 60], [9.5, 1, 150]));
    expect(result.decisions[0]).toMatchObject({ from: [1, 0], to: [0, 1], timeMs: START_MS + 62_000 });
    expect(result.recordedSecondsAbove).toBe(150);
    expect(result.secondsAbove).toBeGreaterThan(2);
    expect(result.secondsAbove).toBeLessThan(60);
    expect(result.totalBits).toBeCloseTo((4 * 59 + 60 + 9.5 * 150 + 150 - 1) * 1e6, -1);
  });

  it('needs nothing where nothing was full, and counts the changes of the record', () => {
    const [first, ...rest] = record([4, 1, 30]);
    const moved = rest.map((step) => ({
      ...step,
      wans: step.wans.map((wan, i) => ({ ...wan, active: i === 1 })),
    }));
    const result = replayPolicy(spill, first ? [first, ...moved] : moved);
    expect(result).toMatchObject({ decisions: [], recordedChanges: 1, secondsAbove: 0, shortBits: 0 });
  });

  it('begins anew after a gap in the record', () => {
    const steps = record([4, 1, 10]);
    const late = steps.map((step) => ({ ...step, timeMs: step.timeMs + 3_600_000 }));
    expect(replayPolicy(spill, [...steps, ...late]).totalBits).toBeCloseTo(2 * 9 * 5e6, 0);
  });
});
