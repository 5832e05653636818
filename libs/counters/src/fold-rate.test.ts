import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterSource, type InterfaceCounters, RateClock } from '@fairlead/model';
import { UPTIME_WRAP_MS } from './device-clock.ts';
import { foldRate, type RateOptions, type RateResult, type RateState } from './fold-rate.ts';

const OPTIONS: RateOptions = { maxGapMs: 15_000, minIntervalMs: 200 };
const T0 = 1_763_600_000_000;

const reading = (atMs: number, rest: Partial<InterfaceCounters> = {}): InterfaceCounters => ({
  timeMs: T0 + atMs,
  router: 'gw1',
  source: CounterSource.SNMP,
  interface: 'ether1',
  deviceUptimeMs: BigInt(5_000_010 + atMs),
  rxBytes: 0n,
  txBytes: 0n,
  ...rest,
});

function foldAll(samples: readonly InterfaceCounters[], options = OPTIONS): RateResult[] {
  let state: RateState | undefined;
  return samples.map((sample) => {
    const step = foldRate(state, sample, options);
    state = step.state;
    return step.result;
  });
}

/** The story of a list of readings: a rate as `rx/tx` in bits per second, or the reason. */
const story = (samples: readonly InterfaceCounters[], options = OPTIONS): string[] =>
  foldAll(samples, options).map((result) =>
    result.kind === 'none' ? result.reason : `${result.rate.rxBps}/${result.rate.txBps}`,
  );

describe('foldRate', () => {
  it('divides the difference by the time between two readings', () => {
    const samples = [reading(0), reading(1_000, { rxBytes: 125_000n, txBytes: 12_500n })];
    expect(story(samples)).toEqual(['first-sample', '1000000/100000']);
  });

  it('keeps 64-bit counters exact beyond 2^53', () => {
    const base = 2n ** 63n;
    const samples = [reading(0, { rxBytes: base }), reading(1_000, { rxBytes: base + 1n })];
    expect(story(samples)).toEqual(['first-sample', '8/0']);
  });

  it('takes the clock of the device where it is fine, whatever the delay of the reply', () => {
    const late = { timeMs: T0 + 1_900, deviceUptimeMs: 5_001_010n, rxBytes: 125_000n };
    expect(foldAll([reading(0), reading(0, late)])[1]).toMatchObject({
      rate: { rxBps: 1e6, intervalMs: 1_000, clock: RateClock.DEVICE, fromMs: T0, toMs: T0 + 1_900 },
    });
  });

  it.each([1_000, 2_000, 5_000])(
    'takes the time of arrival after %d ms when uptime is in whole seconds',
    (ms) => {
      const [, result] = foldAll([
        reading(0, { deviceUptimeMs: 60_000n }),
        reading(ms, { deviceUptimeMs: BigInt(60_000 + ms - 1_000), rxBytes: BigInt(ms) * 125n }),
      ]);
      expect(result).toMatchObject({ rate: { rxBps: 1e6, intervalMs: ms, clock: RateClock.ARRIVAL } });
    },
  );

  it('skips a restart, and goes on from there', () => {
    const after = (atMs: number, uptimeMs: bigint, rxBytes: bigint) =>
      reading(atMs, { deviceUptimeMs: uptimeMs, rxBytes });
    expect(
      story([
        reading(0, { rxBytes: 9_000n }),
        after(4_000, 100n, 9_999n), // more bytes than before: only the uptime tells
        after(5_000, 1_100n, 10_124n),
      ]),
    ).toEqual(['first-sample', 'reset', '1000/0']);
  });

  it('sees a restart whose new uptime is above the old one', () => {
    const samples = [
      reading(0, { deviceUptimeMs: 2_010n, rxBytes: 10n }),
      reading(14_000, { deviceUptimeMs: 3_010n, rxBytes: 50_000n }),
    ];
    expect(story(samples)).toEqual(['first-sample', 'reset']);
  });

  it('takes a counter that went back for a new start, never for a wrap', () => {
    const samples = [reading(0, { rxBytes: 2n ** 32n - 1n }), reading(1_000, { rxBytes: 10n })];
    expect(story(samples)).toEqual(['first-sample', 'reset']);
  });

  describe('counters of 32 bits', () => {
    const narrow = (atMs: number, rxBytes: bigint, rest: Partial<InterfaceCounters> = {}) =>
      reading(atMs, { rxBytes, counterBits: 32, ...rest });
    const limited = { ...OPTIONS, maxGapMs: 600_000, maxBps: { rx: 1e6, tx: 1e6 } };

    it('go round where the line can have carried that, and the rate says so', () => {
      const samples = [narrow(0, 2n ** 32n - 125n), narrow(1_000, 0n), narrow(2_000, 125n)];
      expect(story(samples, limited)).toEqual(['first-sample', '1000/0', '1000/0']);
      expect(
        foldAll(samples, limited).map((result) => result.kind === 'rate' && result.rate.wrapped),
      ).toEqual([false, true, undefined]);
    });

    it('start again where the line cannot have carried it, or nobody knows', () => {
      const samples = [narrow(0, 2n ** 31n), narrow(1_000, 0n), narrow(2_000, 125n)];
      expect(story(samples, limited)).toEqual(['first-sample', 'reset', '1000/0']);
      expect(story(samples)).toEqual(['first-sample', 'reset', '1000/0']);
    });

    it('give no rate over a time in which they may have gone round unseen', () => {
      const gigabit = { speedBps: 10n ** 9n };
      const samples = [narrow(0, 0n, gigabit), narrow(30_000, 125n, gigabit), narrow(70_000, 250n, gigabit)];
      expect(story(samples, limited)[1]).toMatch(/^33\./);
      expect(story(samples, limited)[2]).toBe('wrapped-unseen');
    });

    it('are not compared with those of 64 bits', () => {
      const samples = [
        reading(0, { rxBytes: 2n ** 33n }),
        narrow(1_000, 10n),
        reading(2_000, { rxBytes: 2n ** 33n }),
      ];
      expect(story(samples, limited)).toEqual(['first-sample', 'reset', 'reset']);
    });
  });

  it('skips a start of the agent that only its boots tell', () => {
    const booted = (atMs: number, engineBoots: number | undefined, rxBytes: bigint) =>
      reading(atMs, { deviceUptimeMs: undefined, engineBoots, rxBytes });
    const samples = [booted(0, 7, 100n), booted(1_000, 8, 10_000n), booted(2_000, 8, 10_125n)];
    expect(story(samples)).toEqual(['first-sample', 'reset', '1000/0']);
    const untold = [booted(0, 7, 100n), booted(1_000, undefined, 225n), booted(2_000, 8, 350n)];
    expect(story(untold)).toEqual(['first-sample', '1000/0', '1000/0']);
  });

  it.each([
    ['back', -3_000],
    ['on', 30_000],
  ])('makes no rate of an interval in which our clock was set %s, where uptime is coarse', (_way, jumpMs) => {
    const at = (atMs: number, timeMs: number) =>
      reading(atMs, {
        timeMs: T0 + timeMs,
        deviceUptimeMs: BigInt(86_400_000 + atMs),
        rxBytes: BigInt(atMs) * 125n,
      });
    const samples = [at(0, 0), at(4_000, 4_000 + jumpMs), at(8_000, 8_000 + jumpMs)];
    expect(story(samples)).toEqual(['first-sample', 'clock-set', '1000000/0']);
  });

  it('goes on when sysUpTime starts again after 497 days', () => {
    const samples = [
      reading(0, { deviceUptimeMs: BigInt(UPTIME_WRAP_MS - 500), rxBytes: 1_000n }),
      reading(1_000, { deviceUptimeMs: 500n, rxBytes: 1_125n }),
    ];
    expect(story(samples)).toEqual(['first-sample', '1000/0']);
  });

  it('gives no mean over a gap', () => {
    const samples = [reading(0), reading(15_001, { rxBytes: 1n }), reading(16_001, { rxBytes: 126n })];
    expect(story(samples)).toEqual(['first-sample', 'gap', '1000/0']);
  });

  it('reports a cached or repeated reading once', () => {
    const same = reading(0, { rxBytes: 5n });
    expect(story([same, same, { ...same, timeMs: T0 + 900 }])).toEqual([
      'first-sample',
      'duplicate',
      'duplicate',
    ]);
  });

  it('takes an idle link for idle, not for repeated', () => {
    expect(story([reading(0), reading(1_000)])).toEqual(['first-sample', '0/0']);
  });

  it('ignores a reading that was overtaken', () => {
    const samples = [
      reading(0),
      reading(2_000, { rxBytes: 250n }),
      reading(1_000, { rxBytes: 125n }),
      reading(3_000, { rxBytes: 375n }),
    ];
    expect(story(samples)).toEqual(['first-sample', '1000/0', 'out-of-order', '1000/0']);
  });

  it('goes on when our own clock is set back', () => {
    const set = (atMs: number, rxBytes: bigint) => reading(atMs, { timeMs: T0 - 3_600_000 + atMs, rxBytes });
    expect(story([reading(0), set(1_000, 125n), set(2_000, 250n)])).toEqual([
      'first-sample',
      'clock-set',
      '1000/0',
    ]);
    const coarse = (sample: InterfaceCounters) => ({ ...sample, deviceUptimeMs: undefined });
    expect(story([reading(0), set(1_000, 125n), set(2_000, 250n)].map(coarse))).toEqual([
      'first-sample',
      'out-of-order',
      '1000/0',
    ]);
  });

  it('does not take the time between two restarts for the interval when our clock is set back', () => {
    const [beforeMs, afterMs] = [1_000n, 1_500n];
    const samples = [
      reading(0, { deviceUptimeMs: beforeMs }),
      reading(31_500 - 3_600_000, { deviceUptimeMs: afterMs, rxBytes: 7_968_750n }),
    ];
    expect(story(samples)).toEqual(['first-sample', 'clock-set']);
  });

  it('takes the clock of the device when a reply came late and the next at once', () => {
    const late = reading(0, { timeMs: T0 + 3_000 });
    expect(story([late, reading(1_000, { timeMs: T0 + 3_010, rxBytes: 125n })])).toEqual([
      'first-sample',
      '1000/0',
    ]);
  });

  it('goes on at once when our clock is set back a little and only the counters contradict', () => {
    const at = (atMs: number, timeMs: number, rxBytes: bigint) =>
      reading(atMs, { timeMs: T0 + timeMs, deviceUptimeMs: undefined, rxBytes });
    const samples = [at(0, 0, 0n), at(1_000, -8_000, 125n), at(2_000, -7_000, 250n)];
    expect(story(samples)).toEqual(['first-sample', 'out-of-order', '1000/0']);
  });

  it('lets the next reading cover one that came too soon', () => {
    const at = (atMs: number, rxBytes: bigint) => reading(atMs, { deviceUptimeMs: undefined, rxBytes });
    expect(story([at(0, 0n), at(50, 125n), at(1_000, 125n)])).toEqual(['first-sample', 'too-soon', '1000/0']);
  });

  it('refuses more than the line can carry, and recovers', () => {
    const limited = { ...OPTIONS, maxBps: { rx: 10_000, tx: 10_000 } };
    const samples = [reading(0), reading(1_000, { rxBytes: 10n ** 12n }), reading(2_000, { rxBytes: 250n })];
    expect(story(samples, limited)).toEqual(['first-sample', 'implausible', '1000/0']);
  });

  it('believes the configured capacity of a bonding above the speed of one member', () => {
    const samples = [reading(0, { speedBps: 1_000n }), reading(1_000, { speedBps: 1_000n, rxBytes: 250n })];
    expect(story(samples)).toEqual(['first-sample', 'implausible']);
    expect(story(samples, { ...OPTIONS, maxBps: { rx: 4_000, tx: 4_000 } })).toEqual([
      'first-sample',
      '2000/0',
    ]);
  });

  it('says nothing about counters that were not reported', () => {
    const samples = [reading(0), reading(1_000, { txBytes: undefined }), reading(2_000, { rxBytes: 250n })];
    expect(story(samples)).toEqual(['first-sample', 'absent', '1000/0']);
  });
});

/** A line as it was: what passed in each step, and what happened to the reading at its end. */
const step = fc.record({
  dtMs: fc.integer({ min: 500, max: 4_000 }),
  rx: fc.bigInt({ min: 0n, max: 10n ** 10n }),
  tx: fc.bigInt({ min: 0n, max: 10n ** 10n }),
  delayMs: fc.integer({ min: 0, max: 200 }),
  fate: fc.constantFrom('read', 'read', 'read', 'lost', 'twice', 'restart', 'no-counters'),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Line {
  readonly samples: InterfaceCounters[];
  readonly rx: bigint;
  readonly tx: bigint;
}

function play(
  steps: readonly Step[],
  { uptimeMs, wholeSeconds }: { uptimeMs: number; wholeSeconds: boolean },
): Line {
  let [nowMs, upMs, rx, tx, totalRx, totalTx] = [0, uptimeMs, 0n, 0n, 0n, 0n];
  const samples: InterfaceCounters[] = [];
  const read = (delayMs: number, rest: Partial<InterfaceCounters> = {}) => {
    const stepMs = wholeSeconds ? 1_000 : 10;
    const deviceUptimeMs = BigInt((Math.floor(upMs / stepMs) * stepMs) % UPTIME_WRAP_MS);
    samples.push(reading(nowMs + delayMs, { deviceUptimeMs, rxBytes: rx, txBytes: tx, ...rest }));
  };
  read(0);
  for (const { dtMs, delayMs, fate, ...bytes } of steps) {
    nowMs += dtMs;
    upMs += dtMs;
    totalRx += bytes.rx;
    totalTx += bytes.tx;
    [rx, tx] = [rx + bytes.rx, tx + bytes.tx];
    if (fate === 'restart') [upMs, rx, tx] = [dtMs, bytes.rx, bytes.tx];
    if (fate === 'no-counters') read(delayMs, { rxBytes: undefined });
    else if (fate !== 'lost') read(delayMs);
    if (fate === 'twice') read(delayMs);
  }
  return { samples, rx: totalRx, tx: totalTx };
}

const uptimes = fc.record({
  uptimeMs: fc.constantFrom(3_000, 40_000_010, UPTIME_WRAP_MS - 6_010),
  wholeSeconds: fc.boolean(),
});
const bytesOf = (results: readonly RateResult[]) =>
  results.reduce(
    (sum, result) =>
      result.kind === 'none'
        ? sum
        : {
            rx: sum.rx + (result.rate.rxBps * result.rate.intervalMs) / 8_000,
            tx: sum.tx + (result.rate.txBps * result.rate.intervalMs) / 8_000,
          },
    { rx: 0, tx: 0 },
  );

describe('the sum of rate x interval', () => {
  it('never exceeds the bytes that passed, and no rate is negative', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), uptimes, (steps, uptime) => {
        const line = play(steps, uptime);
        const results = foldAll(line.samples);
        const sum = bytesOf(results);
        expect(sum.rx).toBeLessThanOrEqual(Number(line.rx) * (1 + 1e-9));
        expect(sum.tx).toBeLessThanOrEqual(Number(line.tx) * (1 + 1e-9));
        for (const result of results) {
          if (result.kind === 'none') continue;
          expect(result.rate.rxBps).toBeGreaterThanOrEqual(0);
          expect(result.rate.txBps).toBeGreaterThanOrEqual(0);
          expect(result.rate.intervalMs).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('is the bytes that passed when the device ran through and the last reading arrived', () => {
    const steady = step.map((value) => ({
      ...value,
      fate: value.fate === 'restart' || value.fate === 'lost' ? ('read' as const) : value.fate,
    }));
    const ending = step.map((value) => ({ ...value, fate: 'read' as const, delayMs: 0, dtMs: 2_000 }));
    fc.assert(
      fc.property(
        fc.array(steady, { maxLength: 60, size: 'max' }),
        ending,
        uptimes,
        (steps, last, uptime) => {
          const line = play([...steps, last], uptime);
          const sum = bytesOf(foldAll(line.samples, { ...OPTIONS, maxGapMs: 3_600_000 }));
          expect(Math.abs(sum.rx - Number(line.rx))).toBeLessThanOrEqual(Number(line.rx) * 1e-9);
          expect(Math.abs(sum.tx - Number(line.tx))).toBeLessThanOrEqual(Number(line.tx) * 1e-9);
        },
      ),
    );
  });
});

/** What the line below carries at most, bytes per millisecond. */
const PEAK = 12_500;
const BOOT_MS = 30_000;
/** Replies are late by up to 200 ms, and no interval is shorter than a second. */
const JITTER = 1 / (1 - 0.2);

/** A line that never carries more than PEAK, read by somebody whose clock, network and router do what they like. */
const worldStep = fc.record({
  dtMs: fc.integer({ min: 1_000, max: 4_000 }),
  load: fc.double({ min: 0, max: 1, noNaN: true }),
  delayMs: fc.integer({ min: 0, max: 200 }),
  fate: fc.constantFrom('read', 'read', 'read', 'lost', 'twice', 'late', 'restart', 'cleared', 'no-counters'),
  clockMs: fc.constantFrom(0, 0, 0, 0, 0, -3_600_000, -9_000, 9_000, 20_000, 3_600_000),
});
const uptimeKinds = fc.constantFrom('10 ms', '1 s', 'none');

function readWorld(
  steps: readonly (typeof worldStep extends fc.Arbitrary<infer T> ? T : never)[],
  uptimeKind: string,
  startMs: number,
): InterfaceCounters[] {
  const samples: InterfaceCounters[] = [];
  let overtaken: InterfaceCounters | undefined;
  let [nowMs, clockMs, upMs, rx] = [0, 0, startMs, 2n ** 33n];
  const stepMs = uptimeKind === '1 s' ? 1_000 : 10;
  for (const step of steps) {
    nowMs += step.dtMs;
    upMs += step.dtMs;
    // Without an uptime nobody can see that our clock went back by less than the interval.
    clockMs += uptimeKind === 'none' && step.clockMs === -9_000 ? 0 : step.clockMs;
    const bytes = BigInt(Math.floor(step.dtMs * PEAK * step.load));
    rx += bytes;
    // No reply outlives the restart of the router that sent it.
    if (step.fate === 'restart') {
      nowMs += BOOT_MS;
      [upMs, rx, overtaken] = [step.dtMs, bytes, undefined];
    }
    if (step.fate === 'cleared') rx = bytes;
    const sample = reading(nowMs + clockMs + step.delayMs, {
      deviceUptimeMs: uptimeKind === 'none' ? undefined : BigInt(Math.floor(upMs / stepMs) * stepMs),
      rxBytes: step.fate === 'no-counters' ? undefined : rx,
    });
    if (step.fate === 'late') overtaken = sample;
    else if (step.fate !== 'lost') {
      samples.push(sample, ...(overtaken ? [overtaken] : []), ...(step.fate === 'twice' ? [sample] : []));
      overtaken = undefined;
    }
  }
  return samples;
}

describe('a rate', () => {
  it('is never above what the line carried, and never negative, whatever happens to router, network and clock', () => {
    fc.assert(
      fc.property(
        fc.array(worldStep, { maxLength: 60, size: 'max' }),
        uptimeKinds,
        fc.constantFrom(3_000, 40_000_000),
        (steps, uptimeKind, startMs) => {
          for (const result of foldAll(readWorld(steps, uptimeKind, startMs), {
            ...OPTIONS,
            maxGapMs: 60_000,
          })) {
            if (result.kind === 'none') continue;
            expect(result.rate.rxBps).toBeLessThanOrEqual(PEAK * 8_000 * JITTER * 1.02);
            expect(result.rate.rxBps).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    );
  });

  it('is the same from counters of 32 bits as from those of 64, where the line is slow enough for them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), uptimes, (steps, uptime) => {
        const slow = steps.map(({ fate, rx, tx, ...rest }) => ({
          ...rest,
          rx: rx / 100n,
          tx: tx / 100n,
          fate: fate === 'restart' ? ('read' as const) : fate,
        }));
        const { samples } = play(slow, uptime);
        const limited = { ...OPTIONS, maxBps: { rx: 2e9, tx: 2e9 } };
        const narrow = samples.map((sample) => ({
          ...sample,
          counterBits: 32,
          rxBytes:
            sample.rxBytes === undefined ? undefined : (sample.rxBytes + 2n ** 32n - 1_000n) % 2n ** 32n,
          txBytes: sample.txBytes === undefined ? undefined : sample.txBytes % 2n ** 32n,
        }));
        const rates = (readings: readonly InterfaceCounters[]) =>
          foldAll(readings, limited).map((result) =>
            result.kind === 'none' ? result.reason : `${result.rate.rxBps}/${result.rate.txBps}`,
          );
        expect(rates(narrow)).toEqual(rates(samples));
      }),
    );
  });
});
