import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SET_BACK_SAMPLES } from './clock-set-back.ts';
import { decide } from './decide.ts';
import { steeringPolicy } from './steering-policy.ts';
import type { SteeringSample } from './steering-sample.ts';
import { initialSteeringState, type SteeringState, steeringStateSchema } from './steering-state.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 2, 12);
const BPS = 10e6;
const wans = ['A', 'B'].map((name) => ({
  ...{ name, capacity: { rxBps: BPS, txBps: BPS }, costPerGb: 0, commitBps: 0 },
}));
const quick = { samples: { breached: 1, of: 1 }, meanMs: 1, coolDownMs: 0 };

const sampleOf = (
  timeMs: number,
  loads: readonly number[],
  rest: Partial<SteeringSample> = {},
): SteeringSample => ({
  timeMs,
  readings: wans.map(({ name }, i) => ({
    ...{ wan: name, running: true, rates: { rxBps: (loads[i] ?? 0) * BPS, txBps: 0 } },
  })),
  weights: [1, 0],
  ...rest,
});

/** Feeds samples a second apart that begin at a time. */
function feed(
  state: SteeringState,
  fromMs: number,
  count: number,
  rest: Partial<SteeringSample> = {},
): { readonly state: SteeringState; readonly reasons: readonly string[] } {
  const reasons: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const step = decide(steeringPolicy(wans, quick), state, sampleOf(fromMs + i * 1_000, [0.1, 0.1], rest));
    ({ state } = step);
    reasons.push(step.reason);
  }
  return { state, reasons };
}

describe('a clock that is set back by an hour', () => {
  const { state: known } = feed(initialSteeringState, START_MS, 5);

  it('is seen after ten samples that agree, and then decides by the new one', () => {
    const { reasons, state } = feed(known, START_MS - HOUR_MS, SET_BACK_SAMPLES + 2);
    expect(reasons).toEqual([
      ...Array.from({ length: SET_BACK_SAMPLES - 1 }, () => 'out-of-order'),
      ...['clock-set-back', 'within-limits', 'within-limits'],
    ]);
    expect(state).toMatchObject({ timeMs: START_MS - HOUR_MS + 11_000, behind: null });
    expect(steeringStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it('is not taken for one while samples of the old time come between', () => {
    let state = known;
    for (let round = 1; round < 20; round += 1) {
      ({ state } = feed(state, START_MS - HOUR_MS + round * 9_000, SET_BACK_SAMPLES - 1));
      const { reasons, ...next } = feed(state, START_MS + round * 9_000, 1);
      expect(reasons).not.toContain('clock-set-back');
      ({ state } = next);
    }
  });

  it.each([
    ['old samples of a replay', 1_000, { tooOld: true }],
    ['the same sample again and again', 0, {}],
    ['samples further apart than readings are fresh for', 60_000, {}],
  ])('is not taken for one: %s', (_, apartMs, rest) => {
    let state = known;
    for (let i = 0; i < 50; i += 1) {
      const step = decide(
        steeringPolicy(wans, quick),
        state,
        sampleOf(START_MS - 2 * HOUR_MS + i * apartMs, [1, 0], rest),
      );
      expect(step.reason).toBe('out-of-order');
      ({ state } = step);
    }
  });

  it('costs no flip more than are allowed, by the time that really passes', () => {
    let decided = 0;
    let rebased = 0;
    const stretch = fc.record({
      seconds: fc.integer({ min: 1, max: 300 }),
      backMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 * HOUR_MS })),
    });
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 0, max: 90_000 }),
        (stretches, flipsPerHour, dwellMs) => {
          const policy = steeringPolicy(wans, { ...quick, kind: 'headroom', flipsPerHour, dwellMs });
          let state = initialSteeringState;
          let weights: readonly number[] = [1, 0];
          let [realMs, aheadMs] = [0, START_MS];
          const atMs: number[] = [];
          for (const { seconds, backMs } of stretches) {
            aheadMs -= backMs;
            for (let i = 0; i < seconds; i += 1) {
              realMs += 1_000;
              const loads = weights[0] === 1 ? [0.99, 0.1] : [0.1, 0.99];
              const step = decide(policy, state, sampleOf(realMs + aheadMs, loads, { weights }));
              ({ state } = step);
              if (step.reason === 'clock-set-back') rebased += 1;
              if (!step.decision) continue;
              decided += 1;
              weights = step.decision.to;
              expect(realMs - (atMs.at(-1) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(dwellMs);
              atMs.push(realMs);
              expect(atMs.filter((at) => realMs - at < HOUR_MS).length).toBeLessThanOrEqual(flipsPerHour);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(Math.min(decided, rebased)).toBeGreaterThan(20);
  });
});
