import type { WanRow } from '@fairlead/live-protocol';
import { describe, expect, it } from 'vitest';
import { createSampleRing } from './sample-ring.ts';
import { quietRouter } from './testing/quiet-router.ts';
import { overallStateOf, tileStateOf } from './tile-state.ts';

const { router, wan } = quietRouter();
const samplesAt = (timeMs: number, condition: WanRow[6] = 'normal') => ({
  row: [timeMs, 1, 1, 0.1, 0.1, true, condition, 500, null, null] as WanRow,
  ring: createSampleRing(1),
});
const tile = (nowMs: number, condition: WanRow[6] = 'normal') =>
  tileStateOf(samplesAt(10_000, condition), router, nowMs);

describe('a tile', () => {
  it('is fresh up to two intervals, late up to five, and then says nothing about now', () => {
    expect(tile(12_000)).toMatchObject({
      freshness: 'fresh',
      condition: 'normal',
      active: true,
      sinceMs: 500,
    });
    expect(tile(12_001)).toMatchObject({
      freshness: 'late',
      condition: 'normal',
      active: true,
      ageMs: 2_001,
    });
    expect(tile(15_001)).toMatchObject({
      freshness: 'dead',
      condition: 'no-data',
      active: null,
      sinceMs: 10_000,
    });
  });

  it('tells a WAN that is down from one without data', () => {
    expect(tile(11_000, 'down').word).toBe('Down');
    expect(tile(20_000, 'down').word).toBe('No data');
    expect(tileStateOf(undefined, router, 0).word).toBe('Waiting for data');
  });
});

describe('the whole wall', () => {
  const overall = (live: boolean, ...states: ReturnType<typeof tile>[]) =>
    overallStateOf(
      live,
      states.map((state) => ({ router, wan, state })),
      [router],
    );

  it('says the worst, and how many have it', () => {
    expect(overall(true, tile(11_000))).toMatchObject({ word: 'All normal', detail: '1 WAN' });
    expect(overall(true, tile(11_000), tile(11_000, 'busy'))).toMatchObject({
      word: 'Busy',
      detail: '1 of 2 WANs',
    });
    expect(overall(true, tile(20_000), tile(11_000, 'busy')).word).toBe('No data');
    expect(overall(true, tile(20_000), tile(11_000, 'down')).word).toBe('WAN down');
  });

  it('is never well without a connection, without a router or without WANs', () => {
    expect(overall(false, tile(11_000)).word).toBe('Not connected');
    expect(overall(true).word).toBe('No WANs');
    const placed = [{ router, wan, state: tile(11_000) }];
    expect(overallStateOf(true, placed, [{ ...router, reachable: false }]).word).toBe('Router unreachable');
  });
});
