import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CounterSource, type InterfaceCounters, RateClock } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { foldRate, type RateResult, type RateState } from './fold-rate.ts';

const captures = capturesFolder();
const folder = join(captures.path, 'api/rest_chr_7.20');
/** The recordings are minutes and days apart, and no gap is to hide what the counters did. */
const OPTIONS = { maxGapMs: 30 * 86_400_000, minIntervalMs: 1_000 };
const DAY_MS = 86_400_000;

type Properties = Readonly<Record<string, string>>;
interface Snapshot {
  readonly timeMs: number;
  readonly interfaces: readonly Properties[];
}

/** Replies to `/interface` of one router, in the order of their time. */
function snapshotsOf(router: 'R18M_interface_after_PUT' | 'R19M_interface'): Snapshot[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(`_${router}.json`))
    .sort()
    .map((name) => {
      const [, date = '', hour, minute, second] = /^(\S+?)T(\d\d)(\d\d)(\d\d)Z/.exec(name) ?? [];
      const interfaces = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Properties[];
      return { timeMs: Date.parse(`${date}T${hour}:${minute}:${second}Z`), interfaces };
    });
}

const counter = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : BigInt(text);

function toCounters(timeMs: number, properties: Properties): InterfaceCounters {
  return {
    timeMs,
    router: 'chr',
    source: CounterSource.ROUTEROS_API,
    interface: properties['name'] ?? '',
    rxBytes: counter(properties['rx-byte']),
    txBytes: counter(properties['tx-byte']),
    linkDowns: Number(properties['link-downs']),
  };
}

/** What each reading of one interface gave, beside the reading. */
function replay(snapshots: readonly Snapshot[], name: string) {
  let state: RateState | undefined;
  return snapshots.flatMap(({ timeMs, interfaces }) => {
    const properties = interfaces.find((entry) => entry['name'] === name);
    if (!properties) return [];
    const sample = toCounters(timeMs, properties);
    const before = state;
    const step = foldRate(state, sample, OPTIONS);
    state = step.state;
    return [{ before, sample, properties, result: step.result }];
  });
}

const told = (result: RateResult): string => (result.kind === 'none' ? result.reason : 'rate');

describe.each(['R19M_interface', 'R18M_interface_after_PUT'] as const)('recorded replies of %s', (router) => {
  let snapshots: Snapshot[] = [];
  let names: string[] = [];
  beforeEach((ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    snapshots = snapshotsOf(router);
    names = [
      ...new Set(snapshots.flatMap(({ interfaces }) => interfaces.map((entry) => entry['name'] ?? ''))),
    ];
  });

  it('are five, over days', () => {
    expect(snapshots).toHaveLength(5);
    expect((snapshots.at(-1)?.timeMs ?? 0) - (snapshots[0]?.timeMs ?? 0)).toBeGreaterThan(5 * DAY_MS);
    expect(names).toEqual(expect.arrayContaining(['ether1', 'ether2', 'ether3', 'ether4', 'ether5', 'lo1']));
  });

  it('the restart between February and March is a reset for every interface that had counted', () => {
    for (const name of names.filter((entry) => /^ether|^lo1$/.test(entry))) {
      expect(
        replay(snapshots, name).map(({ result }) => told(result)),
        name,
      ).toEqual(['first-sample', 'rate', 'reset', 'rate', 'rate']);
    }
  });

  it('every rate is the bytes between the two replies over the time between them', () => {
    let rates = 0;
    for (const name of names) {
      for (const { before, sample, result } of replay(snapshots, name)) {
        if (result.kind === 'none' || !before) continue;
        const intervalMs = sample.timeMs - before.timeMs;
        expect(result.rate).toMatchObject({ intervalMs, clock: RateClock.ARRIVAL });
        expect(result.rate.rxBps).toBeCloseTo(
          (Number((sample.rxBytes ?? 0n) - before.rxBytes) * 8_000) / intervalMs,
          6,
        );
        expect(result.rate.txBps).toBeCloseTo(
          (Number((sample.txBytes ?? 0n) - before.txBytes) * 8_000) / intervalMs,
          6,
        );
        rates += 1;
      }
    }
    expect(rates).toBeGreaterThan(15);
  });

  it('no rate is a spike, and none is negative: the quiet lab stays below a few kbit/s', () => {
    for (const name of names) {
      for (const { result } of replay(snapshots, name)) {
        if (result.kind === 'none') continue;
        for (const bps of [result.rate.rxBps, result.rate.txBps]) {
          expect(bps).toBeGreaterThanOrEqual(0);
          expect(bps).toBeLessThan(3_000);
        }
      }
    }
  });

  it('a counter that the router leaves out gives no rate at all, not zero', () => {
    const without = snapshots.map(({ timeMs, interfaces }) => ({
      timeMs,
      interfaces: interfaces.map(({ 'rx-byte': _left, ...rest }) => rest),
    }));
    for (const { result } of replay(without, 'ether1')) expect(told(result)).toBe('absent');
  });

  it('the time of the last link-up drifts by seconds while no link went down: only link-downs tells a flap', () => {
    const drifts: number[] = [];
    for (const name of names) {
      const readings = replay(snapshots, name);
      for (const { sample } of readings) expect(sample.linkDowns).toBe(0);
      const upMs = readings.map(({ properties }) =>
        Date.parse(`${properties['last-link-up-time']?.replace(' ', 'T')}Z`),
      );
      drifts.push(...upMs.slice(1).map((ms, index) => Math.abs(ms - (upMs[index] ?? 0))));
    }
    const small = drifts.filter((ms) => ms > 0 && ms < 60_000);
    expect(small.length).toBeGreaterThan(10);
  });
});
