import type { RouterView, WanView } from '@fairlead/live-protocol';
import type { WanSamples } from '../board.ts';
import { formatDuration, formatShare } from '../format.ts';
import type { TileState } from '../tile-state.ts';
import type { UrlOptions } from '../url-options.ts';
import { Direction } from './direction.tsx';
import { ConditionIcon, Play } from './icons.tsx';
import { Sparkline } from './sparkline.tsx';

export function WanTile({
  wan,
  router,
  samples,
  state,
  nowMs,
  options,
}: {
  readonly wan: WanView;
  readonly router: RouterView;
  readonly samples: WanSamples | undefined;
  readonly state: TileState;
  readonly nowMs: number;
  readonly options: UrlOptions;
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
      aria-label={`${wan.name}: ${state.word}${state.active === true ? ', active' : ''}`}
    >
      <header class="tile-head">
        <div>
          <h3>{wan.name}</h3>
          <p class="interface">{wan.interface}</p>
        </div>
        <Condition state={state} nowMs={nowMs} />
      </header>
      <ActiveMark active={state.active} steered={limits !== null} />
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
