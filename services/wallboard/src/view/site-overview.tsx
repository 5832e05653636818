import type { Board } from '../board.ts';
import { formatDuration, formatShare } from '../format.ts';
import type { PlacedWan, SiteView } from '../site-view.ts';
import { ConditionIcon, Play } from './icons.tsx';
import { SiteLink } from './site-link.tsx';
import type { Navigation } from './view-link.tsx';

/** Every site as a card: its state, and a line for each of its WANs. */
export function SiteOverview({
  sites,
  board,
  nowMs,
  navigation,
}: {
  readonly sites: readonly SiteView[];
  readonly board: Board;
  readonly nowMs: number;
  readonly navigation: Navigation;
}) {
  return (
    <div class="sites" data-sites={sites.length > 6 ? 'many' : 'few'}>
      {sites.map((site) => (
        <article
          class="site"
          key={site.site}
          data-site={site.site}
          data-condition={site.overall.condition}
          aria-label={`${site.site}: ${site.overall.word}, ${site.overall.detail}`}
        >
          <header>
            <h2>
              <SiteLink site={site.site} navigation={navigation}>
                {site.site}
              </SiteLink>
            </h2>
            <p class="condition-word" data-condition={site.overall.condition}>
              <ConditionIcon condition={site.overall.condition} />
              {site.overall.word}
            </p>
          </header>
          <table>
            <thead>
              <tr>
                <th scope="col">WAN</th>
                <th scope="col">In</th>
                <th scope="col">Out</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {site.wans.map((placed) => (
                <WanLine key={placed.wan.key} placed={placed} board={board} nowMs={nowMs} />
              ))}
            </tbody>
          </table>
        </article>
      ))}
    </div>
  );
}

function WanLine({
  placed: { wan, state },
  board,
  nowMs,
}: {
  readonly placed: PlacedWan;
  readonly board: Board;
  readonly nowMs: number;
}) {
  const [, , , rxUtil, txUtil] = board.wans.get(wan.key)?.row ?? [];
  const dead = state.freshness === 'dead';
  return (
    <tr data-wan={wan.key} data-condition={state.condition} data-freshness={state.freshness}>
      <th scope="row">
        {wan.name}
        {state.active === true && (
          <span class="active-sign">
            <Play />
            active
          </span>
        )}
      </th>
      {[rxUtil, txUtil].map((share, index) => (
        <td key={index} class={index === 0 ? 'in' : 'out'}>
          <span class="number">{share === undefined ? '–' : formatShare(share)}</span> %
          <div class="meter" aria-hidden="true">
            <div class="meter-fill" style={{ transform: `scaleX(${Math.min(1, share ?? 0)})` }} />
          </div>
        </td>
      ))}
      <td class="line-state" data-condition={state.condition}>
        <ConditionIcon condition={state.condition} />
        <span>
          {state.word}
          {state.freshness !== 'fresh' && state.ageMs !== undefined && (
            <small> {formatDuration(state.ageMs)}</small>
          )}
          {!dead && state.condition === 'down' && state.sinceMs !== null && (
            <small> {formatDuration(nowMs - state.sinceMs)}</small>
          )}
        </span>
      </td>
    </tr>
  );
}
