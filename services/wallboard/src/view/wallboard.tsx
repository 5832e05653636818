import { useMemo, useState } from 'preact/hooks';
import { acknowledgementOfWan } from '../acknowledgement.ts';
import type { Board } from '../board.ts';
import type { TimeFormat } from '../format.ts';
import type { LinkState } from '../live-link.ts';
import type { OrderDraft } from '../order-draft.ts';
import type { PageApi } from '../page-api.ts';
import { type PlacedWan, shownViewOf, sitesOf, type SiteView } from '../site-view.ts';
import { isTrouble, overallStateOf, type TileState } from '../tile-state.ts';
import type { UrlOptions } from '../url-options.ts';
import { EventTicker } from './event-ticker.tsx';
import { LinkBanner } from './link-banner.tsx';
import { OrderDialog } from './order-dialog.tsx';
import { RouterDetail } from './router-detail.tsx';
import { type AskOrder, RouterLine } from './router-line.tsx';
import { SiteChart } from './site-chart.tsx';
import { SiteLink } from './site-link.tsx';
import { SiteOverview } from './site-overview.tsx';
import { TileGrid } from './tile-grid.tsx';
import { TopStrip } from './top-strip.tsx';
import { TopTalkers } from './top-talkers.tsx';
import type { Navigation } from './view-link.tsx';
import { WanTile } from './wan-tile.tsx';

export interface WallboardProps {
  readonly board: Board;
  /** Every WAN of the board with its state at `nowMs`. */
  readonly placed: readonly PlacedWan[];
  readonly link: LinkState;
  /** By the clock of the server. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
  readonly api: PageApi;
  /** Whether the browser lets the page be heard. */
  readonly soundAllowed: boolean;
  readonly onRetry: () => void;
}

/** The whole page, from what is known at a moment. */
export function Wallboard(props: WallboardProps) {
  const { board, placed, link, nowMs, times, options, navigation, api } = props;
  const [draft, setDraft] = useState<OrderDraft>();
  const onOrder = board.mayWrite && link.phase === 'live' && !options.kiosk ? setDraft : undefined;
  const linkLive = link.phase !== 'lost';
  const sites = sitesOf(board.routers, placed, linkLive);
  const routerWanted = board.routers.find(({ router }) => router === options.router);
  const view = shownViewOf(sites, { ...options, site: routerWanted?.site ?? options.site }, nowMs);
  // Where all sites take turns, an address that names a router stays with it.
  const routerShown = view.is === 'site' ? routerWanted : undefined;
  const connecting = link.phase === 'connecting' && board.routers.length === 0;
  // A wall of one site speaks of that site; one that turns through all of them speaks of all.
  const meant = options.site !== undefined && view.is === 'site' ? view.site : undefined;
  const siteShown = view.is === 'site' ? view.site.site : undefined;
  const events = useMemo(
    () => (siteShown === undefined ? board.events : board.events.filter(({ site }) => site === siteShown)),
    [board.events, siteShown],
  );
  const talkersOf =
    view.is === 'site' ? view.site.wans.find(({ wan }) => wan.key === options.wan) : undefined;
  return (
    <>
      <LinkBanner link={link} monotonicMs={props.monotonicMs} onRetry={props.onRetry} />
      <TopStrip
        overall={
          connecting
            ? { condition: 'waiting', word: 'Connecting', detail: '' }
            : (meant?.overall ?? overallStateOf(linkLive, placed, board.routers))
        }
        simulated={board.simulated}
        link={link}
        data={oldestOf((meant?.wans ?? placed).map(({ state }) => state))}
        nowMs={nowMs}
        times={times}
        options={options}
        soundAllowed={props.soundAllowed}
        onOptions={navigation.go}
      />
      <main>
        {sites.length > 1 && !options.kiosk && (
          <SiteNames
            sites={sites}
            shown={view.is === 'site' ? view.site.site : undefined}
            navigation={navigation}
          />
        )}
        {view.is === 'overview' && (
          <SiteOverview sites={sites} board={board} nowMs={nowMs} navigation={navigation} />
        )}
        {view.is === 'unknown-site' && <p class="nothing">No site has the name “{view.name}”.</p>}
        {options.router !== undefined && !routerShown && !connecting && (
          <p class="nothing">No router has the name “{options.router}”.</p>
        )}
        {view.is === 'site' && routerShown && (
          <RouterDetail
            key={routerShown.router}
            router={routerShown}
            wans={view.site.wans.filter(({ router }) => router === routerShown)}
            board={board}
            api={api}
            nowMs={nowMs}
            times={times}
            options={options}
            navigation={navigation}
            onOrder={onOrder}
          />
        )}
        {view.is === 'site' && !routerShown && (
          <SiteTiles
            site={view.site}
            board={board}
            nowMs={nowMs}
            times={times}
            options={options}
            navigation={navigation}
            onOrder={onOrder}
          />
        )}
      </main>
      <aside aria-label="Site and events">
        {view.is === 'site' && view.site.wans.length > 0 && (
          <SiteChart
            key={view.site.wans.map(({ wan }) => wan.key).join()}
            site={view.site}
            board={board}
            nowMs={nowMs}
            options={options}
          />
        )}
        {talkersOf && (
          <TopTalkers
            key={talkersOf.wan.key}
            placed={talkersOf}
            api={api}
            times={times}
            options={options}
            navigation={navigation}
          />
        )}
        <EventTicker events={events} routers={board.routers} nowMs={nowMs} times={times} onOrder={onOrder} />
      </aside>
      {draft && (
        <OrderDialog draft={draft} api={api} nowMs={nowMs} times={times} onDone={() => setDraft(undefined)} />
      )}
    </>
  );
}

function SiteNames({
  sites,
  shown,
  navigation,
}: {
  readonly sites: readonly SiteView[];
  readonly shown: string | undefined;
  readonly navigation: Navigation;
}) {
  return (
    <nav aria-label="Sites">
      <SiteLink site={undefined} current={shown === undefined} navigation={navigation}>
        All sites
      </SiteLink>
      {sites.map(({ site }) => (
        <SiteLink key={site} site={site} current={shown === site} navigation={navigation}>
          {site}
        </SiteLink>
      ))}
    </nav>
  );
}

function SiteTiles({
  site,
  board,
  nowMs,
  times,
  options,
  navigation,
  onOrder,
}: {
  readonly site: SiteView;
  readonly board: Board;
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
  readonly onOrder: AskOrder | undefined;
}) {
  return (
    <div class="routers" data-tiles={densityOf(site.wans.length)}>
      {site.routers.map((router) => (
        <section class="router" key={router.router} aria-labelledby={`router-${router.router}`}>
          <RouterLine
            router={router}
            nowMs={nowMs}
            times={times}
            options={options}
            navigation={navigation}
            onOrder={onOrder}
          />
          <TileGrid first={router.wans[0]?.key ?? ''}>
            {site.wans
              .filter((each) => each.router === router)
              .map(({ wan, state }) => (
                <WanTile
                  key={wan.key}
                  wan={wan}
                  router={router}
                  samples={board.wans.get(wan.key)}
                  state={state}
                  seen={
                    isTrouble(state)
                      ? acknowledgementOfWan(
                          board.events,
                          { router: router.router, wan: wan.name },
                          state.sinceMs,
                        )
                      : undefined
                  }
                  nowMs={nowMs}
                  times={times}
                  options={options}
                  navigation={navigation}
                  onOrder={onOrder}
                />
              ))}
          </TileGrid>
        </section>
      ))}
    </div>
  );
}

/** How close the tiles stand, so that all of them are on one screen that nobody scrolls. */
function densityOf(wans: number): 'few' | 'many' | 'crowd' {
  if (wans > 8) return 'crowd';
  return wans > 4 ? 'many' : 'few';
}

function oldestOf(states: readonly TileState[]): Pick<TileState, 'ageMs' | 'freshness'> {
  const oldest = states.reduce<TileState | undefined>(
    (worst, state) => ((state.ageMs ?? -1) > (worst?.ageMs ?? -1) ? state : worst),
    undefined,
  );
  return { ageMs: oldest?.ageMs, freshness: oldest?.freshness ?? 'fresh' };
}
