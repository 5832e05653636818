import type { RouterView, WanView } from '@fairlead/live-protocol';
import type { Acknowledgement } from '../acknowledgement.ts';
import type { WanSamples } from '../board.ts';
import { formatDuration, formatShare, type TimeFormat } from '../format.ts';
import { linkQualityOf } from '../link-quality.ts';
import { isTrouble, type TileState } from '../tile-state.ts';
import type { UrlOptions } from '../url-options.ts';
import { Direction } from './direction.tsx';
import { ConditionIcon, Play } from './icons.tsx';
import type { AskOrder } from './router-line.tsx';
import { Sparkline } from './sparkline.tsx';
import type { Navigation } from './view-link.tsx';
import { WanFacts } from './wan-facts.tsx';
import { WanName } from './wan-name.tsx';

export function WanTile({
  wan,
  router,
  samples,
  state,
  seen,
  nowMs,
  times,
  options,
  navigation,
  onOrder,
}: {
  readonly wan: WanView;
  readonly router: RouterView;
  readonly samples: WanSamples | undefined;
  readonly state: TileState;
  /** Who has said that the trouble it is in was seen. */
  readonly seen: Acknowledgement | undefined;
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
  readonly onOrder: AskOrder | undefined;
}) {
  const [, rxBps, txBps, rxUtil, txUtil] = samples?.row ?? [];
  const { limits } = router;
  return (
    <article
      class="tile"
      data-wan={wan.key}
      data-condition={state.condition}
      data-freshness={state.freshness}
      data-active={state.active === true}
      data-sample-ms={samples?.row[0]}
      aria-label={`${wan.name}: ${state.word}${state.active === true ? ', active' : ''}`}
    >
      <header class="tile-head">
        <div>
          <h3>
            <WanName wan={wan} options={options} navigation={navigation} />
          </h3>
          <p class="interface">{wan.interface}</p>
        </div>
        <Condition state={state} nowMs={nowMs} />
      </header>
      {seen && (
        <p class="seen">
          Seen by {seen.by}, {times.moment(seen.t, nowMs)}: {seen.note}
        </p>
      )}
      {!seen && onOrder && isTrouble(state) && (
        <p class="orders">
          <button
            type="button"
            aria-haspopup="dialog"
            aria-label={`Acknowledge ${wan.name}: ${state.word}`}
            onClick={() =>
              onOrder({
                kind: 'acknowledge',
                router,
                subject: `${wan.name}: ${state.word}`,
                wan: wan.name,
              })
            }
          >
            Acknowledge
          </button>
        </p>
      )}
      <ActiveMark active={state.active} steered={limits !== null} />
      <WanFacts
        wan={wan}
        quality={linkQualityOf(samples?.row, wan, router.probeLimits)}
        units={options.units}
      />
      <Direction
        way="in"
        bps={rxBps}
        share={rxUtil}
        capacityBps={wan.rxCapacityBps}
        limits={limits}
        units={options.units}
      />
      <Direction
        way="out"
        bps={txBps}
        share={txUtil}
        capacityBps={wan.txCapacityBps}
        limits={limits}
        units={options.units}
      />
      {limits && (
        <p class="legend">
          <span>
            <i class="key-return" />
            return below {formatShare(limits.returnBelow)} %
          </span>
          <span>
            <i class="key-leave" />
            leave above {formatShare(limits.leaveAbove)} %
          </span>
        </p>
      )}
      <Sparkline
        samples={samples}
        nowMs={nowMs}
        intervalMs={router.intervalMs}
        limit={limits?.leaveAbove}
        theme={options.theme}
        label={`${wan.name}: in above, out below, of the last two minutes`}
      />
    </article>
  );
}

function Condition({ state, nowMs }: { readonly state: TileState; readonly nowMs: number }) {
  const { condition, word, sinceMs, freshness, ageMs } = state;
  return (
    <div class="condition">
      <p class="condition-word" data-condition={condition}>
        <ConditionIcon condition={condition} />
        {word}
      </p>
      {freshness === 'fresh' || ageMs === undefined ? (
        <p class="condition-since">
          {sinceMs === null ? '\u00a0' : `for ${formatDuration(nowMs - sinceMs)}`}
        </p>
      ) : (
        <p class="stale">stale {formatDuration(ageMs)}</p>
      )}
    </div>
  );
}

function ActiveMark({ active, steered }: { readonly active: boolean | null; readonly steered: boolean }) {
  if (active === true) {
    return (
      <p class="active-mark" data-active="true">
        <Play />
        <span>
          <strong>ACTIVE</strong>
          <span class="active-meaning"> — new connections go here</span>
        </span>
      </p>
    );
  }
  const text = active === null && steered ? 'Not known whether new connections go here' : 'Standby';
  return (
    <p class="active-mark" data-active="false">
      {steered ? text : 'Watched only'}
    </p>
  );
}
