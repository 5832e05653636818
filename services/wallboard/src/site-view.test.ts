import type { RouterView } from '@fairlead/live-protocol';
import { describe, expect, it } from 'vitest';
import { shownViewOf, sitesOf } from './site-view.ts';
import { quietRouter } from './testing/quiet-router.ts';
import { tileStateOf } from './tile-state.ts';

const router = (name: string, site: string): RouterView => quietRouter(name, site).router;
const sitesWith = (...routers: RouterView[]) =>
  sitesOf(
    routers,
    routers.flatMap((each) =>
      each.wans.map((wan) => ({ router: each, wan, state: tileStateOf(undefined, each, 0) })),
    ),
    true,
  );
const three = sitesWith(router('r1', 'van'), router('r2', 'tuz'), router('r3', 'van'), router('r4', 'aral'));
const shown = (
  sites: typeof three,
  options: { site?: string; rotateSeconds?: number },
  nowMs = 0,
): string => {
  const view = shownViewOf(sites, { site: undefined, rotateSeconds: undefined, ...options }, nowMs);
  return view.is === 'site' ? view.site.site : view.is;
};

it('gathers the routers of a site', () => {
  expect(three.map(({ site, routers, wans }) => [site, routers.length, wans.length])).toEqual([
    ['van', 2, 2],
    ['tuz', 1, 1],
    ['aral', 1, 1],
  ]);
  expect(three[0]?.overall).toMatchObject({ word: 'Waiting for data', detail: '2 of 2 WANs' });
});

describe('the view', () => {
  it('is the overview, the only site, or the one asked for', () => {
    expect(shown(three, {})).toBe('overview');
    expect(shown(three.slice(0, 1), {})).toBe('van');
    expect(shown(three, { site: 'tuz' })).toBe('tuz');
  });

  it('says that a site does not exist, but not before anything is known', () => {
    expect(shown(three, { site: 'nowhere' })).toBe('unknown-site');
    expect(shown([], { site: 'nowhere' })).toBe('overview');
  });

  it('turns through the overview and every site by the clock, unless a site is asked for', () => {
    const turns = [0, 29_999, 30_000, 60_000, 90_000, 120_000];
    expect(turns.map((nowMs) => shown(three, { rotateSeconds: 30 }, nowMs))).toEqual([
      'overview',
      'overview',
      'van',
      'tuz',
      'aral',
      'overview',
    ]);
    expect(shown(three, { rotateSeconds: 30, site: 'tuz' }, 30_000)).toBe('tuz');
  });
});
