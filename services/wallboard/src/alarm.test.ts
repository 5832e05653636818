import { expect, it } from 'vitest';
import { hasNewProblem, problemsOf } from './alarm.ts';
import type { LinkState } from './live-link.ts';
import { quietRouter } from './testing/quiet-router.ts';
import { type TileCondition, tileStateOf } from './tile-state.ts';

const { router, wan } = quietRouter();
const live: LinkState = { phase: 'live' };
const lost: LinkState = { phase: 'lost', sinceMs: 1_000, retryAtMs: 2_000, why: '' };
const placed = (condition: TileCondition) => [
  { router, wan, state: { ...tileStateOf(undefined, router, 0), condition } },
];
const nothing = new Set<string>();
const now = (
  condition: TileCondition,
  link: LinkState = live,
  monotonicMs = 0,
  before: ReadonlySet<string> = nothing,
) => problemsOf(before, placed(condition), [router], link, monotonicMs);

it('hears a WAN that goes down or silent once, and again only after it was well', () => {
  const down = now('down');
  expect(hasNewProblem(nothing, now('busy'))).toBe(false);
  expect(hasNewProblem(nothing, down)).toBe(true);
  expect(hasNewProblem(down, now('down'))).toBe(false);
  expect(hasNewProblem(down, now('no-data'))).toBe(true);
  expect(hasNewProblem(down, now('normal'))).toBe(false);
});

it('hears a router that cannot be reached', () => {
  const unreachable = problemsOf(nothing, [], [{ ...router, reachable: false }], live, 0);
  expect(hasNewProblem(nothing, unreachable)).toBe(true);
});

it('hears a lost connection after some seconds, and nothing of the data that gets old with it', () => {
  const before = now('normal');
  expect(hasNewProblem(before, now('no-data', lost, 5_999, before))).toBe(false);
  const gone = now('no-data', lost, 6_000, before);
  expect([...gone]).toEqual(['link']);
  expect(hasNewProblem(before, gone)).toBe(true);
  expect(hasNewProblem(gone, now('normal'))).toBe(false);
});
