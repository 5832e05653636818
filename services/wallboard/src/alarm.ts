import type { RouterView } from '@fairlead/live-protocol';
import type { LinkState } from './live-link.ts';
import type { PlacedWan } from './site-view.ts';

/** A connection that is back sooner has not been missed by anybody. */
const LINK_LOST_MS = 5_000;

/** What is wrong at a moment, by names that stay the same while it lasts. */
export type Problems = ReadonlySet<string>;

/**
 * What is wrong now. Without a connection only that is added: that data gets old then is no further problem.
 * @param monotonicMs by `performance.now()`, as the times of `link`
 */
export function problemsOf(
  before: Problems,
  wans: readonly PlacedWan[],
  routers: readonly RouterView[],
  link: LinkState,
  monotonicMs: number,
): Problems {
  if (link.phase === 'connecting') return before;
  if (link.phase === 'lost') {
    return monotonicMs - link.sinceMs < LINK_LOST_MS ? before : new Set([...before, 'link']);
  }
  return new Set([
    ...wans
      .filter(({ state }) => state.condition === 'down' || state.condition === 'no-data')
      .map(({ wan, state }) => `${wan.key} ${state.condition}`),
    ...routers.filter(({ reachable }) => reachable === false).map(({ router }) => router),
  ]);
}

/** Whether something is wrong that was not before. */
export const hasNewProblem = (before: Problems, now: Problems): boolean =>
  [...now].some((problem) => !before.has(problem));
