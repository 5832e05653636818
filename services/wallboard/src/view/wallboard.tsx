import type { RouterView } from '@fairlead/live-protocol';
import type { Board } from '../board.ts';
import type { TimeFormat } from '../format.ts';
import type { LinkState } from '../live-link.ts';
import { overallStateOf, type TileState, tileStateOf } from '../tile-state.ts';
import type { UrlOptions } from '../url-options.ts';
import { EventTicker } from './event-ticker.tsx';
import { LinkBanner } from './link-banner.tsx';
import { TopStrip } from './top-strip.tsx';
import { WanTile } from './wan-tile.tsx';

export interface WallboardProps {
  readonly board: Board;
  readonly link: LinkState;
  /** By the clock of the server. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly onOptions: (change: Partial<Record<'kiosk' | 'theme', string>>) => void;
  readonly onRetry: () => void;
}

/** The whole page, from what is known at a moment. */
export function Wallboard({
  board,
  link,
  nowMs,
  monotonicMs,
  times,
  options,
  onOptions,
  onRetry,
}: WallboardProps) {
  const placed = board.routers.flatMap((router) =>
    router.wans.map((wan) => ({ router, wan, state: tileStateOf(board.wans.get(wan.key), router, nowMs) })),
  );
  const states = placed.map(({ state }) => state);
  const connecting = link.phase === 'connecting' && board.routers.length === 0;
  return (
    <>
      <LinkBanner link={link} monotonicMs={monotonicMs} onRetry={onRetry} />
      <TopStrip
        overall={
          connecting
            ? { condition: 'waiting', word: 'Connecting', detail: '' }
            : overallStateOf(link.phase !== 'lost', placed, board.routers)
        }
        simulated={board.simulated}
        link={link}
        data={oldestOf(states)}
        nowMs={nowMs}
        times={times}
        options={options}
        onOptions={onOptions}
      />
      <main data-tiles={placed.length > 4 ? 'many' : 'few'}>
        {board.routers.map((router) => (
          <section class="router" key={router.router} aria-labelledby={`router-${router.router}`}>
            <RouterLine router={router} />
            <div class="tiles">
              {placed
                .filter((each) => each.router === router)
                .map(({ wan, state }) => (
                  <WanTile
                    key={wan.key}
                    wan={wan}
                    router={router}
                    samples={board.wans.get(wan.key)}
                    state={state}
                    nowMs={nowMs}
                    options={options}
                  />
                ))}
            </div>
          </section>
        ))}
      </main>
      <EventTicker events={board.events} routers={board.routers} nowMs={nowMs} times={times} />
    </>
  );
}

function RouterLine({ router }: { readonly router: RouterView }) {
  return (
    <header class="router-line">
      <h2 id={`router-${router.router}`}>
        {router.site} <span>{router.router}</span>
      </h2>
      {router.version !== '' && <p>RouterOS {router.version}</p>}
      {router.limits !== null && (
        <p class="mode" data-mode={router.mode}>
          {router.mode === 'armed'
            ? 'Armed: Fairlead steers this router'
            : 'Observing: nothing is written to this router'}
        </p>
      )}
      {router.reachable === false && <p class="unreachable">Unreachable: {router.error}</p>}
    </header>
  );
}

function oldestOf(states: readonly TileState[]): Pick<TileState, 'ageMs' | 'freshness'> {
  const oldest = states.reduce<TileState | undefined>(
    (worst, state) => ((state.ageMs ?? -1) > (worst?.ageMs ?? -1) ? state : worst),
    undefined,
  );
  return { ageMs: oldest?.ageMs, freshness: oldest?.freshness ?? 'fresh' };
}
