import { describe, expect, it } from 'vitest';
import { decide, type SteeringStep } from './decide.ts';
import { type SteeredWan, type SteeringPolicy, steeringPolicy } from './steering-policy.ts';
import type { SteeringControls, SteeringReading, SteeringSample } from './steering-sample.ts';
import { initialSteeringState, type SteeringState, steeringStateSchema } from './steering-state.ts';

const START_MS = Date.UTC(2026, 2, 2, 12);
const mega = 1_000_000;

const wan = (name: string, rx: number, tx: number, rest: Partial<SteeredWan> = {}): SteeredWan => ({
  name,
  capacity: { rxBps: rx * mega, txBps: tx * mega },
  costPerGb: 0,
  commitBps: 0,
  ...rest,
});

const policy = (
  settings: object = {},
  { wans = [wan('A', 40, 10), wan('B', 10, 5)], ...rest }: Partial<SteeringPolicy> = {},
): SteeringPolicy =>
  steeringPolicy(
    wans,
    { kind: 'headroom', leaveAbove: 0.95, returnBelow: 0.85, meanMs: 1, ...settings },
    rest,
  );

/** Received megabits; null for a link that is down, undefined for no reading. */
type Load = number | null | undefined;

interface Second {
  readonly loads: readonly Load[];
  readonly controls?: SteeringControls;
  readonly loss?: number;
}

const readingsOf = ({ loads, loss }: Second): SteeringReading[] =>
  loads.flatMap((load, i) =>
    load === undefined
      ? []
      : [
          {
            wan: 'ABC'[i] ?? '',
            running: load !== null,
            ...(load !== null && { rates: { rxBps: load * mega, txBps: 0 } }),
            ...(i === 0 && loss !== undefined && { probe: { loss, latencyMs: 20 } }),
          },
        ],
  );

/** Feeds a sample each second to a router that obeys at once. */
function watch(aPolicy: SteeringPolicy, seconds: readonly Second[], weights: readonly number[] = [1, 0]) {
  let state: SteeringState = initialSteeringState;
  const steps: SteeringStep[] = [];
  seconds.forEach((second, index) => {
    const sample: SteeringSample = {
      timeMs: START_MS + index * 1_000,
      readings: readingsOf(second),
      weights,
      controls: second.controls,
    };
    const step = decide(aPolicy, state, sample);
    ({ state } = step);
    weights = step.decision?.to ?? weights;
    steps.push(step);
  });
  const flips = steps.flatMap(({ decision }, at) => (decision ? [`${at}s ${decision.reason}`] : []));
  return { state, flips, last: steps.at(-1)?.reason };
}

const hold = (loads: readonly Load[], seconds: number, rest: Omit<Second, 'loads'> = {}): Second[] =>
  Array.from({ length: seconds }, () => ({ loads, ...rest }));

describe('headroom', () => {
  it('leaves a full WAN for the one with room, after N of M samples', () => {
    expect(watch(policy(), hold([40, 1], 10)).flips).toEqual(['2s to B: A was above 95 % in 3 of 5 samples']);
  });

  it('stays when the other one has no room, and says so', () => {
    expect(watch(policy(), hold([40, 9], 10))).toMatchObject({ flips: [], last: 'no-target' });
  });

  it('returns to the bigger room only when it bears what was moved too', () => {
    expect(watch(policy(), hold([30, 5], 10), [0, 1])).toMatchObject({ flips: [], last: 'within-limits' });
    expect(watch(policy(), hold([28, 5], 10), [0, 1]).flips).toEqual([
      '2s to A: it has more room, with all that was moved',
    ]);
  });

  it('takes the cheaper one of two with about the same room, and free traffic of a commit first', () => {
    const three = (b: object, c: object): SteeringPolicy =>
      policy({}, { wans: [wan('A', 40, 10), wan('B', 20, 5, b), wan('C', 20, 5, c)] });
    const flips = (aPolicy: SteeringPolicy) => watch(aPolicy, hold([40, 1, 2], 4), [1, 0, 0]).flips[0];
    expect(flips(three({ costPerGb: 2 }, { costPerGb: 1 }))).toContain('to C');
    expect(flips(three({ costPerGb: 2, commitBps: mega }, { costPerGb: 1 }))).toContain('to B');
  });
});

describe('weights', () => {
  const weights = (settings = {}) => policy({ kind: 'weights', ...settings });

  it('gives the big link all while it has more room than the small one, and splits beyond', () => {
    expect(watch(weights(), hold([10, 0], 10), [4, 1]).flips).toEqual([
      '2s weights 10:0: 20 % belong elsewhere',
    ]);
    expect(watch(weights(), hold([38, 2], 10), [10, 0]).flips).toEqual([
      '2s weights 8:2: 20 % belong elsewhere',
    ]);
  });

  it('gives a WAN that is down nothing, at once', () => {
    expect(watch(weights(), hold([null, 2], 2), [8, 2]).flips).toEqual([
      '0s weights 0:10: a WAN in use is down',
    ]);
  });
});

describe('headroom in parts', () => {
  const inParts = () => policy({ denominator: 10, leaveAbove: 0.8, returnBelow: 0.6 });

  it('leaves as much room below the leave limit on each, and all on the big one while it has more', () => {
    expect(watch(inParts(), hold([10, 0], 10), [4, 1]).flips).toEqual([
      '2s weights 10:0: 20 % belong elsewhere',
    ]);
    // Below 80 % there is room for 40 Mbit/s: 35 leave 2.5 on each, so 29.5 and 5.5.
    expect(watch(inParts(), hold([33, 2], 10), [10, 0]).flips).toEqual([
      '2s weights 8:2: 20 % belong elsewhere',
    ]);
  });

  it('splits by capacity where there is no room, and gives a WAN that is down nothing', () => {
    expect(watch(inParts(), hold([45, 5], 10), [10, 0]).flips).toEqual([
      '2s weights 8:2: 20 % belong elsewhere',
    ]);
    expect(watch(inParts(), hold([null, 2], 2), [8, 2]).flips).toEqual([
      '0s weights 0:10: a WAN in use is down',
    ]);
  });

  it('is one rule unless it says in how many parts', () => {
    expect(watch(policy(), hold([40, 1], 10)).flips).toEqual([expect.stringMatching(/^2s to B: /)]);
  });
});

describe('failover', () => {
  const failover = policy({ kind: 'failover', coolDownMs: 30_000 });

  it('leaves a WAN whose probes fail behind a running link, and comes back after they recovered', () => {
    const seconds = [
      ...hold([1, 1], 5, { loss: 0 }),
      ...hold([1, 1], 10, { loss: 1 }),
      ...hold([1, 1], 80, { loss: 0.2 }),
      ...hold([1, 1], 10, { loss: 0 }),
    ];
    expect(watch(failover, seconds).flips).toEqual([
      '7s to B: A is down',
      '97s to A: it is up and preferred',
    ]);
  });

  it('holds against no WAN for ever what probes said that have ceased', () => {
    const seconds = [...hold([1, 1], 5, { loss: 0 }), ...hold([1, 1], 10, { loss: 1 }), ...hold([1, 1], 100)];
    expect(watch(failover, seconds).flips).toEqual([
      '7s to B: A is down',
      '105s to A: it is up and preferred',
    ]);
  });

  it('does not come back for the cool-down after a link came up', () => {
    const seconds = [...hold([1, 1], 5), ...hold([null, 1], 60), ...hold([1, 1], 60)];
    expect(watch(failover, seconds).flips).toEqual([
      '5s to B: A is down',
      '95s to A: it is up and preferred',
    ]);
  });
});

describe('spill', () => {
  it('goes down the list when full and returns when the sum fits again', () => {
    const seconds = [...hold([40, 1], 70), ...hold([31, 4], 10), ...hold([28, 4], 10)];
    expect(watch(policy({ kind: 'spill' }), seconds).flips).toEqual([
      '2s to B: A was above 95 % in 3 of 5 samples',
      '80s to A: it is preferred and would bear what was moved',
    ]);
  });
});

describe('orders of people', () => {
  it('keeps still while locked or stopped, whatever is full', () => {
    const last = (controls: SteeringControls) => watch(policy(), hold([40, 1], 10, { controls })).last;
    expect(last({ locked: true })).toBe('locked');
    expect(last({ stopped: true, locked: true })).toBe('stopped');
  });

  it('obeys a pin until it expires, and not onto a WAN without room', () => {
    const pin = { wan: 'B', untilMs: START_MS + 90_000 };
    const watched = watch(policy(), hold([10, 1], 100, { controls: { pin } }));
    expect(watched.flips).toEqual(['0s to B: pinned', '90s to A: it has more room, with all that was moved']);
    expect(watch(policy(), hold([10, null], 5, { controls: { pin } })).last).toBe('pin-without-room');
  });
});

describe('schedules', () => {
  it('leave a WAN for office hours, in the zone of the sample', () => {
    const office = { days: [1, 2, 3, 4, 5], fromMinute: 12 * 60, toMinute: 17 * 60, avoid: ['A'] };
    const aPolicy = policy({}, { schedules: [office] });
    expect(watch(aPolicy, hold([10, 1], 5)).flips[0]).toContain('to B: A is not used at this time');
    const west: SteeringSample = {
      timeMs: START_MS,
      readings: readingsOf({ loads: [10, 1] }),
      weights: [1, 0],
      zoneOffsetMinutes: -60,
    };
    expect(decide(aPolicy, initialSteeringState, west).reason).toBe('within-limits');
  });
});

describe('state', () => {
  it('is refused when it is not one', () => {
    const { state } = watch(policy(), hold([40, 1], 10));
    expect(steeringStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(steeringStateSchema.safeParse({ ...state, version: 2 }).success).toBe(false);
  });

  it('holds on what is missing or out of order', () => {
    const sample: SteeringSample = { timeMs: START_MS, readings: [] };
    const first = decide(policy(), initialSteeringState, sample);
    expect(first.reason).toBe('weights-unknown');
    const again = decide(policy(), first.state, sample);
    expect(again).toMatchObject({ state: { ...first.state, behind: { count: 1 } }, reason: 'out-of-order' });
    expect(watch(policy(), hold([undefined, 1], 3)).last).toBe('stale');
  });
});
