import type { RouterView, WanView } from '@fairlead/live-protocol';
import { overallStateOf, type OverallState, type TileState } from './tile-state.ts';
import type { UrlOptions } from './url-options.ts';

/** A WAN with the router that has it and the state of its tile. */
export interface PlacedWan {
  readonly router: RouterView;
  readonly wan: WanView;
  readonly state: TileState;
}

/** A site with all that is on it. */
export interface SiteView {
  readonly site: string;
  readonly routers: readonly RouterView[];
  readonly wans: readonly PlacedWan[];
  readonly overall: OverallState;
}

/** The sites in the order in which their first routers come. */
export function sitesOf(
  routers: readonly RouterView[],
  wans: readonly PlacedWan[],
  linkLive: boolean,
): readonly SiteView[] {
  return [...new Set(routers.map(({ site }) => site))].map((site) => {
    const own = routers.filter((router) => router.site === site);
    const placed = wans.filter(({ router }) => router.site === site);
    return { site, routers: own, wans: placed, overall: overallStateOf(linkLive, placed, own) };
  });
}

/** What the page shows: every site as a card, the WANs of one site, or that the site asked for does not exist. */
export type ShownView =
  | { readonly is: 'overview' }
  | { readonly is: 'site'; readonly site: SiteView }
  | { readonly is: 'unknown-site'; readonly name: string };

/**
 * The view for an address at a time. Rotation follows from the clock alone, so that a reload goes on where it was and
 * all screens of a room turn together.
 */
export function shownViewOf(
  sites: readonly SiteView[],
  { site: wanted, rotateSeconds }: Pick<UrlOptions, 'site' | 'rotateSeconds'>,
  nowMs: number,
): ShownView {
  if (wanted !== undefined) {
    const site = sites.find((each) => each.site === wanted);
    if (site) return { is: 'site', site };
    return sites.length === 0 ? { is: 'overview' } : { is: 'unknown-site', name: wanted };
  }
  const [first] = sites;
  if (sites.length === 1 && first) return { is: 'site', site: first };
  if (rotateSeconds === undefined) return { is: 'overview' };
  const turn = Math.floor(nowMs / (rotateSeconds * 1_000)) % (sites.length + 1);
  const site = sites[turn - 1];
  return site ? { is: 'site', site } : { is: 'overview' };
}
