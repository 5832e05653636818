import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spillPolicySchema } from '@fairlead/model';
import {
  decideSpill,
  initialSpillState,
  type SpillDecision,
  type SpillRule,
  type SpillState,
  type SpillSample,
  type WanReading,
} from './decide-spill.ts';
import type { ThresholdEvent } from './threshold.ts';

const UNKNOWN = 'unknown';

const rule = (wans = 2, policy = {}): SpillRule => ({
  policy: spillPolicySchema.parse(policy),
  wans: Array.from({ length: wans }, (_, i) => ({ name: `ISP${i + 1}`, routingMark: `to-${i + 1}` })),
  freshMs: 5_000,
  pendingMs: 5_000,
});

/** One load for each WAN: `undefined` for no reading, `null` for a link that is down. */
type Loads = readonly (number | null | undefined)[];

const reading = (load: number | null | undefined, position: number): WanReading[] =>
  load === undefined
    ? []
    : [
        {
          wan: `ISP${position + 1}`,
          running: load !== null,
          ...(load === null ? {} : { load: { rxUtil: load, txUtil: load / 10 } }),
        },
      ];

/** Feeds one sample a second. */
function watch(
  aRule: SpillRule,
  seconds: readonly Loads[],
  { state = initialSpillState, fromS = 0, mark = 'to-1', obeyAfterS = Number.POSITIVE_INFINITY } = {},
) {
  const events: string[] = [];
  const decisions: SpillDecision[] = [];
  let activeMark = mark;
  let wanted: { mark: string; atS: number } | undefined;
  seconds.forEach((loads, index) => {
    const second = fromS + index;
    if (wanted && second >= wanted.atS) activeMark = wanted.mark;
    const step = decideSpill(aRule, state, {
      timeMs: second * 1_000,
      readings: loads.flatMap(reading),
      ...(activeMark === UNKNOWN ? {} : { activeMark }),
    });
    state = step.state;
    events.push(...step.events.map((event) => `${event.timeMs / 1_000}s ${event.wan} ${event.kind}`));
    if (step.decision) {
      decisions.push(step.decision);
      wanted = { mark: step.decision.toMark, atS: second + obeyAfterS };
    }
  });
  const flips = decisions.map((made) => `${made.timeMs / 1_000}s ${made.fromWan}->${made.toWan}`);
  return { state, events, decisions, flips };
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('spill', () => {
  it('leaves a WAN after three of five samples above the limit, and says why', () => {
    const { decisions, events } = watch(rule(), [
      [0.9, 0.1],
      [0.5, 0.1],
      [0.9, 0.1],
      [0.85, 0.1],
      [0.9, 0.1],
    ]);
    expect(decisions).toEqual([
      {
        timeMs: 3_000,
        fromWan: 'ISP1',
        toWan: 'ISP2',
        fromMark: 'to-1',
        toMark: 'to-2',
        reason: 'ISP1 was above 80 % in 3 of 5 samples; ISP2 has room',
      },
    ]);
    expect(events).toEqual(['3s ISP1 threshold-above']);
  });

  it('counts upload as much as download', () => {
    const sample = { readings: [{ wan: 'ISP1', load: { rxUtil: 0.1, txUtil: 0.95 } }] };
    const once = rule(2, { samples: { breached: 1, of: 1 } });
    expect(decideSpill(once, initialSpillState, { timeMs: 1_000, ...sample }).events).toEqual([
      { kind: 'threshold-above', wan: 'ISP1', timeMs: 1_000, value: 0.95, limit: 0.8 },
    ]);
  });

  it('stays between the limits, and returns below the lower one', () => {
    const over = watch(rule(2, { dwellMs: 0 }), times(4, [0.9, 0.1]), { obeyAfterS: 1 });
    expect(over.flips).toEqual(['2s ISP1->ISP2']);
    const between = watch(rule(2, { dwellMs: 0 }), times(10, [0.7, 0.3]), {
      state: over.state,
      fromS: 4,
      mark: 'to-2',
    });
    expect(between.flips).toEqual([]);
    const quiet = watch(rule(2, { dwellMs: 0 }), times(4, [0.5, 0.3]), {
      state: between.state,
      fromS: 14,
      mark: 'to-2',
    });
    expect(quiet.flips).toEqual(['16s ISP2->ISP1']);
    expect(quiet.events).toEqual(['16s ISP1 threshold-below']);
  });

  it('goes down the list to the first WAN with room, and back to the first quiet one', () => {
    const full = watch(rule(4, { dwellMs: 0 }), times(4, [0.9, 0.9, 0.79, 0.1]), { obeyAfterS: 1 });
    expect(full.flips).toEqual(['2s ISP1->ISP3']);
    const quiet = watch(rule(4, { dwellMs: 0 }), times(5, [0.7, 0.2, 0.79, 0.1]), {
      state: full.state,
      fromS: 4,
      mark: 'to-3',
    });
    expect(quiet.flips).toEqual(['6s ISP3->ISP2']);
  });

  it('does not repeat a decision while it is pending, and tries again after the dwell when nothing came of it', () => {
    const { flips, state } = watch(rule(2, { dwellMs: 20_000 }), times(30, [0.9, 0.1]));
    expect(flips).toEqual(['2s ISP1->ISP2', '22s ISP1->ISP2']);
    expect(state.hold).toBe('dwell');
  });

  it('keeps the dwell after a change that somebody else made', () => {
    const start = watch(rule(), times(4, [0.1, 0.1]));
    const { flips } = watch(rule(), times(70, [0.1, 0.1]), { state: start.state, fromS: 4, mark: 'to-2' });
    expect(flips).toEqual(['64s ISP2->ISP1']);
  });

  it('spends no more than the budget', () => {
    const { flips, state } = watch(rule(2, { dwellMs: 0, flipsPerHour: 3 }), times(60, [0.9, 0.1]));
    expect(flips).toHaveLength(3);
    expect(state.hold).toBe('budget');
  });

  it('leaves a WAN that is not running for any that has room', () => {
    const { decisions } = watch(rule(3), times(3, [0.7, null, 0.9]), { mark: 'to-2' });
    expect(decisions.map((made) => made.reason)).toEqual(['ISP2 is not running; ISP1 has room']);
  });

  it.each([
    ['the mark is not known', times(5, [0.9, 0.1]), UNKNOWN, 'mark-unknown'],
    ['the mark is of no WAN', times(5, [0.9, 0.1]), 'to-elsewhere', 'mark-of-no-wan'],
    ['the target is down', times(5, [0.9, null]), 'to-1', 'no-target'],
    ['the target is full', times(5, [0.9, 0.8]), 'to-1', 'no-target'],
    ['the target was not read', times(5, [0.9]), 'to-1', 'no-target'],
    ['the target was not read for long', [[0.9, 0.1], ...times(6, [0.9])], 'to-1', 'no-target', true],
    ['the active WAN was not read', times(5, [undefined, 0.1]), 'to-1', 'stale'],
    ['nothing is wrong', times(5, [0.79, 0.1]), 'to-1', 'within-limits'],
  ] as const)('holds when %s', (_, seconds, mark, hold, ...[late]) => {
    const patient = rule(2, late ? { samples: { breached: 7, of: 7 } } : {});
    const { decisions, state } = watch(patient, seconds, { mark });
    expect(decisions).toEqual([]);
    expect(state.hold).toBe(hold);
  });

  it('counts old samples and decides nothing on them', () => {
    let state: SpillState = initialSpillState;
    const decided = [true, true, true, true, false].map((tooOld, second) => {
      const readings = [0.9, 0.1].flatMap(reading);
      const step = decideSpill(rule(), state, {
        timeMs: second * 1_000,
        activeMark: 'to-1',
        tooOld,
        readings,
      });
      state = step.state;
      return step.decision !== undefined;
    });
    expect(decided).toEqual([false, false, false, false, true]);
  });

  it('starts the count anew after a gap and after a link that was down', () => {
    expect(
      watch(rule(), [[0.9, 0], [0.9, 0], ...times(6, [undefined, 0]), [0.9, 0], [0.9, 0]]).flips,
    ).toEqual([]);
    expect(
      watch(rule(), [
        [0.9, 0],
        [0.9, 0],
        [null, null],
        [0.9, 0],
        [0.9, 0],
      ]).flips,
    ).toEqual([]);
  });

  it('reports each crossing once, and no coming back of what was never above', () => {
    const { events } = watch(rule(), [
      ...times(9, [0.1, 0.1]),
      ...times(9, [0.95, 0.1]),
      ...times(9, [0.7, 0.1]),
      ...times(9, [0.2, 0.1]),
    ]);
    expect(events).toEqual(['11s ISP1 threshold-above', '29s ISP1 threshold-below']);
  });
});

describe('whatever happens', () => {
  const world = fc.record({
    wans: fc.integer({ min: 1, max: 4 }),
    policy: fc.record({
      dwellMs: fc.constantFrom(0, 3_000, 60_000),
      flipsPerHour: fc.integer({ min: 1, max: 4 }),
      samples: fc.constantFrom({ breached: 1, of: 1 }, { breached: 2, of: 3 }),
    }),
    happenings: fc.array(
      fc.record({
        afterMs: fc.constantFrom(0, 500, 1_000, 1_000, 1_000, 6_000, 900_000),
        loads: fc.array(fc.constantFrom(undefined, null, 0, 0.3, 0.7, 0.9, 0.9, 1.4), { maxLength: 4 }),
        mark: fc.constantFrom('obeyed', 'obeyed', 'obeyed', 'kept', UNKNOWN, 'to-2', 'to-nowhere'),
        tooOld: fc.constantFrom(false, false, false, true),
      }),
      { maxLength: 120, size: 'max' },
    ),
  });
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

  interface Moment {
    readonly sample: SpillSample;
    readonly before: SpillState;
    readonly after: SpillState;
    readonly events: readonly ThresholdEvent[];
    readonly decision: SpillDecision | undefined;
  }

  /** @param remember how the state travels from one step to the next */
  function live({ wans, policy, happenings }: World, remember: (state: SpillState) => SpillState): Moment[] {
    const aRule = rule(wans, policy);
    let state = initialSpillState;
    let [timeMs, mark] = [1_763_600_000_000, 'to-1'];
    return happenings.map((happening) => {
      timeMs += happening.afterMs;
      if (happening.mark === 'obeyed') mark = state.pending?.mark ?? mark;
      else if (happening.mark.startsWith('to-')) mark = happening.mark;
      const sample: SpillSample = {
        timeMs,
        readings: happening.loads.slice(0, wans).flatMap(reading),
        tooOld: happening.tooOld,
        ...(happening.mark === UNKNOWN ? {} : { activeMark: mark }),
      };
      const before = state;
      const { state: after, events, decision } = decideSpill(aRule, before, sample);
      state = remember(after);
      return { sample, before, after: state, events, decision };
    });
  }

  const pause = (times: readonly number[]): number[] => times.slice(1).map((at, i) => at - (times[i] ?? at));

  it('a replay gives the same, even with the state kept as JSON', () => {
    fc.assert(
      fc.property(world, (aWorld) => {
        const asJson = live(aWorld, (state) => JSON.parse(JSON.stringify(state)) as SpillState);
        expect(asJson).toEqual(live(aWorld, (state) => state));
      }),
    );
  });

  it('budget and dwell hold, and a decision goes to a running WAN with room', () => {
    let decided = 0;
    fc.assert(
      fc.property(world, (aWorld) => {
        const aRule = rule(aWorld.wans, aWorld.policy);
        const moments = live(aWorld, (state) => state);
        const decisions = moments.flatMap(({ decision }) => (decision ? [decision] : []));
        decided += decisions.length;
        const at = decisions.map((decision) => decision.timeMs);
        for (const gap of pause(at)) expect(gap).toBeGreaterThanOrEqual(aRule.policy.dwellMs);
        for (const time of at) {
          const lastHour = at.filter((other) => other <= time && time - other < 3_600_000);
          expect(lastHour.length).toBeLessThanOrEqual(aRule.policy.flipsPerHour);
        }
        for (const { sample, before, after, decision } of moments) {
          expect(after.hold === undefined).toBe(decision !== undefined);
          if (!decision) continue;
          const target = after.wans[decision.toWan];
          expect(target).toMatchObject({ running: true });
          expect(target?.load).toBeLessThan(aRule.policy.leaveAbove);
          expect(sample.timeMs - (target?.timeMs ?? 0)).toBeLessThanOrEqual(aRule.freshMs);
          expect(decision.fromMark).toBe(sample.activeMark);
          expect(decision.toMark).not.toBe(decision.fromMark);
          expect(sample.tooOld).toBe(false);
          if (before.pending && sample.timeMs - before.pending.sinceMs < aRule.pendingMs) {
            expect(sample.activeMark).toBe(before.pending.mark);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(decided).toBeGreaterThan(100);
  });

  it('crossings of one WAN alternate, beginning with above', () => {
    fc.assert(
      fc.property(world, (aWorld) => {
        const events = live(aWorld, (state) => state).flatMap((moment) => moment.events);
        for (const wan of new Set(events.map((event) => event.wan))) {
          events
            .filter((event) => event.wan === wan)
            .forEach(({ kind, value, limit }, index) => {
              expect(kind).toBe(index % 2 === 0 ? 'threshold-above' : 'threshold-below');
              expect(kind === 'threshold-above' ? value > limit : value < limit).toBe(true);
            });
        }
      }),
    );
  });
});
