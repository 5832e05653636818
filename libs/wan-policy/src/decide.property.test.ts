import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type SteeringStep } from './decide.ts';
import { type SteeringPolicy, steeringPolicy } from './steering-policy.ts';
import type { SteeringReading, SteeringSample } from './steering-sample.ts';
import { initialSteeringState, type SteeringState, steeringStateSchema } from './steering-state.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 2, 8);

const policies = fc
  .record({
    kind: fc.constantFrom('spill', 'headroom', 'headroom in parts', 'weights', 'failover'),
    capacities: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 8 }),
    dwellMs: fc.integer({ min: 0, max: 30_000 }),
    emergencyDwellMs: fc.integer({ min: 0, max: 5_000 }),
    flipsPerHour: fc.integer({ min: 2, max: 6 }),
    coolDownMs: fc.integer({ min: 0, max: 20_000 }),
    avoid: fc.constantFrom<string[]>([], ['W0'], ['W1']),
    breached: fc.integer({ min: 1, max: 3 }),
    costPerGb: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 8, maxLength: 8 }),
  })
  .map(({ kind, capacities, avoid, breached, costPerGb, ...rest }): SteeringPolicy =>
    steeringPolicy(
      capacities.map((capacity, i) => ({
        name: `W${i}`,
        capacity: { rxBps: capacity * 1e7, txBps: capacity * 5e6 },
        costPerGb: costPerGb[i] ?? 0,
        commitBps: 1e6,
      })),
      {
        ...rest,
        ...(kind === 'headroom in parts' ? { kind: 'headroom', denominator: 10 } : { kind }),
        ...{ samples: { breached, of: 4 }, meanMs: 2_000 },
      },
      { schedules: [{ days: [1], fromMinute: 0, toMinute: 600, avoid }] },
    ),
  );

const load = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 1.05, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom('down', 'sick', 'silent', 'NaN', 'untold') },
);

const happening = fc.record({
  afterMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 500, max: 8_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -5_000, max: 2 * HOUR_MS }) },
  ),
  loads: fc.array(load, { minLength: 8, maxLength: 8 }),
  repeat: fc.integer({ min: 1, max: 6 }),
  obeys: fc.boolean(),
  foreign: fc.option(fc.integer({ min: 0, max: 7 }), { freq: 30 }),
  control: fc.constantFrom('none', 'none', 'none', 'none', 'locked', 'stopped', 'pin', 'unknown', 'old'),
});

const world = fc.record({
  policy: policies,
  happenings: fc.array(happening, { minLength: 5, maxLength: 60 }),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

interface Moment extends SteeringStep {
  readonly sample: SteeringSample;
  readonly before: SteeringState;
}

function readingOf(policy: SteeringPolicy, position: number, value: number | string): SteeringReading[] {
  const wan = policy.wans[position];
  if (!wan || value === 'silent') return [];
  const share = typeof value === 'number' ? value : value === 'NaN' ? Number.NaN : 0.1;
  const rates = { rxBps: share * wan.capacity.rxBps, txBps: (share * wan.capacity.txBps) / 2 };
  return [
    {
      wan: wan.name,
      ...(value !== 'untold' && { running: value !== 'down' }),
      rates,
      probe: { loss: value === 'sick' ? 1 : 0, latencyMs: 20 },
    },
  ];
}

/** The router obeys late or never; others change it too. */
function live({ policy, happenings }: World, remember: (state: SteeringState) => SteeringState): Moment[] {
  let state = initialSteeringState;
  let timeMs = START_MS;
  let weights: readonly number[] = policy.wans.map((_, i) => (i === 0 ? 1 : 0));
  const moments: Moment[] = [];
  for (const { afterMs, loads, repeat, obeys, foreign, control } of happenings) {
    for (let times = 0; times < repeat; times += 1) {
      timeMs += times === 0 ? afterMs : 1_000;
      if (obeys && state.pending) ({ weights } = state.pending);
      else if (foreign !== null)
        weights = policy.wans.map((_, i) => (i === foreign % policy.wans.length ? 1 : 0));
      const sample: SteeringSample = {
        timeMs,
        readings: loads.flatMap((value, i) => readingOf(policy, i, value)),
        weights: control === 'unknown' ? undefined : weights,
        tooOld: control === 'old',
        controls: {
          locked: control === 'locked',
          ...(control === 'pin' && { pin: { wan: 'W1', untilMs: timeMs + 10_000 } }),
          ...(control === 'stopped' && { stopped: true }),
        },
      };
      const before = state;
      const frozen = JSON.stringify(before);
      const step = decide(policy, before, sample);
      expect(JSON.stringify(before)).toBe(frozen);
      state = remember(step.state);
      moments.push({ ...step, sample, before });
    }
  }
  return moments;
}

const share = (weights: readonly number[], i: number): number =>
  (weights[i] ?? 0) / weights.reduce((sum, weight) => sum + weight, 0);

describe('in any world', () => {
  it('the state may be kept as JSON, and the same samples give the same answers', () => {
    fc.assert(
      fc.property(world, (aWorld) => {
        const asJson = live(aWorld, (state) => steeringStateSchema.parse(JSON.parse(JSON.stringify(state))));
        expect(asJson).toEqual(live(aWorld, (state) => state));
      }),
      { numRuns: 25 },
    );
  });

  it('each step keeps the rails', () => {
    const decided = new Map<string, number>();
    fc.assert(
      fc.property(world, (aWorld) => {
        const { policy } = aWorld;
        const at: number[] = [];
        let changedMs = Number.NEGATIVE_INFINITY;
        for (const { sample, before, state, decision, reason } of live(aWorld, (kept) => kept)) {
          expect(decision !== undefined).toBe(reason === 'decided');
          if (reason === 'out-of-order') {
            expect({ ...state, behind: null }).toEqual({ ...before, behind: null });
            continue;
          }
          if (sample.weights && before.weights && String(sample.weights) !== String(before.weights)) {
            const isOurs = before.pending && String(before.pending.weights) === String(sample.weights);
            if (!isOurs) changedMs = sample.timeMs;
          }
          if (!decision) continue;
          const kind = `${policy.kind} ${policy.denominator}`;
          decided.set(kind, (decided.get(kind) ?? 0) + 1);
          // orders of people, and what is not known
          expect(sample.controls?.locked).toBe(false);
          expect(sample.controls?.stopped).toBeUndefined();
          expect(sample.tooOld).toBe(false);
          expect(decision.from).toEqual(sample.weights);
          const pinned = sample.controls?.pin?.wan;
          if (pinned !== undefined)
            expect(decision.to.map((w) => w > 0)).toEqual(policy.wans.map((w) => w.name === pinned));
          // budget and dwell
          at.push(sample.timeMs);
          expect(at.filter((other) => sample.timeMs - other < HOUR_MS).length).toBeLessThanOrEqual(
            policy.flipsPerHour,
          );
          expect(sample.timeMs - changedMs).toBeGreaterThanOrEqual(
            decision.isEmergency ? policy.emergencyDwellMs : policy.dwellMs,
          );
          if (!decision.isEmergency && state.linkEventMs !== null) {
            expect(sample.timeMs - state.linkEventMs).toBeGreaterThanOrEqual(policy.coolDownMs);
          }
          changedMs = sample.timeMs;
          // whoever gets more is up, fresh and has room
          expect(String(decision.to)).not.toBe(String(decision.from));
          expect(decision.to.every((weight) => Number.isInteger(weight) && weight >= 0)).toBe(true);
          policy.wans.forEach(({ capacity }, i) => {
            if (share(decision.to, i) <= share(decision.from, i) + 1e-9) return;
            const wan = state.wans[i];
            expect(wan).toMatchObject({ running: true, isSick: false });
            expect(sample.timeMs - (wan?.timeMs ?? 0)).toBeLessThanOrEqual(policy.freshMs);
            expect(wan?.rxBps).toBeLessThan(capacity.rxBps * policy.returnBelow);
            expect(wan?.txBps).toBeLessThan(capacity.txBps * policy.returnBelow);
          });
        }
      }),
      { numRuns: 250 },
    );
    expect([...decided.keys()].sort()).toEqual([
      ...['failover 1', 'headroom 1', 'headroom 10', 'spill 1', 'weights 10'],
    ]);
    for (const count of decided.values()) expect(count).toBeGreaterThan(20);
  });
});
