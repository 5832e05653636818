import type { RouterView } from '@fairlead/live-protocol';
import type { WanSamples } from './board.ts';
import { type Freshness, freshnessOf } from './freshness.ts';

/** What a tile says about its WAN. `no-data` hides what was known: an old "normal" is no news about now. */
export type TileCondition = 'normal' | 'busy' | 'down' | 'no-data' | 'waiting';

export interface TileState {
  readonly condition: TileCondition;
  readonly word: string;
  readonly freshness: Freshness;
  readonly ageMs: number | undefined;
  readonly sinceMs: number | null;
  /** null: not known. */
  readonly active: boolean | null;
}

const words: Readonly<Record<TileCondition, string>> = {
  normal: 'Normal',
  busy: 'Busy',
  down: 'Down',
  'no-data': 'No data',
  waiting: 'Waiting for data',
};

/** State of a tile at a time of the server. */
export function tileStateOf(samples: WanSamples | undefined, router: RouterView, nowMs: number): TileState {
  if (!samples) {
    return {
      condition: 'waiting',
      word: words.waiting,
      freshness: 'fresh',
      ageMs: undefined,
      sinceMs: null,
      active: null,
    };
  }
  const [timeMs, , , , , active, known, since] = samples.row;
  const ageMs = Math.max(0, nowMs - timeMs);
  const freshness = freshnessOf(ageMs, router.intervalMs);
  const dead = freshness === 'dead';
  const condition = dead ? 'no-data' : known;
  return {
    condition,
    word: words[condition],
    freshness,
    ageMs,
    sinceMs: dead ? timeMs : since,
    active: dead ? null : active,
  };
}

/** Whether a WAN is in a state that somebody should look at. */
export const isTrouble = ({ condition }: TileState): boolean =>
  condition === 'down' || condition === 'no-data';

export interface OverallState {
  readonly condition: TileCondition;
  readonly word: string;
  readonly detail: string;
}

/** One state for the whole wall: the worst there is, and how many WANs have it. */
export function overallStateOf(
  linkLive: boolean,
  tiles: readonly { readonly state: TileState }[],
  routers: readonly RouterView[],
): OverallState {
  if (!linkLive) return { condition: 'no-data', word: 'Not connected', detail: 'what you see is old' };
  if (tiles.length === 0) return { condition: 'waiting', word: 'No WANs', detail: 'none is configured' };
  const count = (condition: TileCondition): number =>
    tiles.filter(({ state }) => state.condition === condition).length;
  const of = (affected: number): string =>
    `${affected} of ${tiles.length} ${tiles.length === 1 ? 'WAN' : 'WANs'}`;
  if (count('down') > 0) return { condition: 'down', word: 'WAN down', detail: of(count('down')) };
  if (count('no-data') > 0) return { condition: 'no-data', word: 'No data', detail: of(count('no-data')) };
  const lost = routers.filter((router) => router.reachable === false);
  if (lost.length > 0) {
    return {
      condition: 'down',
      word: 'Router unreachable',
      detail: lost.map((router) => router.router).join(', '),
    };
  }
  if (count('busy') > 0) return { condition: 'busy', word: 'Busy', detail: of(count('busy')) };
  if (count('waiting') > 0)
    return { condition: 'waiting', word: 'Waiting for data', detail: of(count('waiting')) };
  return {
    condition: 'normal',
    word: 'All normal',
    detail: `${tiles.length} ${tiles.length === 1 ? 'WAN' : 'WANs'}`,
  };
}
