import type { RouterDetail as Detail, RouterView } from '@fairlead/live-protocol';
import { useMemo } from 'preact/hooks';
import { formatDuration, formatShare, type TimeFormat } from '../format.ts';
import { linkQualityOf } from '../link-quality.ts';
import type { PageApi } from '../page-api.ts';
import type { Board } from '../board.ts';
import type { PlacedWan } from '../site-view.ts';
import type { UrlOptions } from '../url-options.ts';
import { FactTable } from './fact-table.tsx';
import { ConditionIcon } from './icons.tsx';
import { Facts, Panel } from './panel.tsx';
import { type AskOrder, RouterLine } from './router-line.tsx';
import { Changes, Steering } from './router-steering.tsx';
import { useAnswer } from './use-answer.ts';
import { type Navigation, ViewLink } from './view-link.tsx';

/** The gateway has it at hand; the router itself is read when something changes, and every half minute. */
const ASK_EVERY_MS = 5_000;

/** One router: what it is, how it is steered, what was decided and done, its WANs, interfaces and routes. Wants a key. */
export function RouterDetail({
  router,
  wans,
  board,
  api,
  nowMs,
  times,
  options,
  navigation,
  onOrder,
}: {
  readonly router: RouterView;
  readonly wans: readonly PlacedWan[];
  readonly board: Board;
  readonly api: PageApi;
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
  readonly onOrder: AskOrder | undefined;
}) {
  const answer = useAnswer(() => api.router(router.router), ASK_EVERY_MS);
  const detail = answer?.ok === true ? answer.value : undefined;
  const events = useMemo(
    () => board.events.filter((event) => event.router === router.router),
    [board.events, router.router],
  );
  return (
    <section class="router-detail" aria-labelledby={`router-${router.router}`}>
      <RouterLine
        router={router}
        nowMs={nowMs}
        times={times}
        options={options}
        navigation={navigation}
        onOrder={onOrder}
      />
      {!options.kiosk && (
        <p class="back">
          <ViewLink change={{ router: undefined }} current={undefined} navigation={navigation}>
            Back to the WANs of {router.site}
          </ViewLink>
        </p>
      )}
      {answer?.ok === false && <p role="alert">Not to be had: {answer.why}.</p>}
      <div class="panels">
        <Identity router={router} detail={detail} nowMs={nowMs} times={times} />
        <Steering router={router} detail={detail} events={events} nowMs={nowMs} times={times} />
        <Changes events={events} routers={board.routers} nowMs={nowMs} times={times} />
        <Wans wans={wans} board={board} />
        {detail && <Interfaces detail={detail} />}
        {detail && <Routes detail={detail} />}
        {detail && <Others detail={detail} />}
      </div>
    </section>
  );
}

function Identity({
  router,
  detail,
  nowMs,
  times,
}: {
  readonly router: RouterView;
  readonly detail: Detail | undefined;
  readonly nowMs: number;
  readonly times: TimeFormat;
}) {
  const known = (text: string | undefined): string =>
    text === undefined || text === '' ? 'not known' : text;
  const booted = detail?.bootedMs;
  const reached =
    router.reachable === null ? 'not tried yet' : router.reachable ? 'yes' : `no: ${router.error}`;
  return (
    <Panel title="The router">
      <Facts
        facts={[
          ['Reachable', <span data-bad={router.reachable === false}>{reached}</span>],
          ['RouterOS', known(router.version)],
          ['Board', known([detail?.board, detail?.architecture].filter(Boolean).join(', '))],
          ['Identity', known(detail?.identity)],
          [
            'Running',
            booted === null || booted === undefined
              ? 'not known'
              : `for ${formatDuration(nowMs - booted)}, since ${times.moment(booted, nowMs)}`,
          ],
          [
            'Last read',
            detail?.readMs === null || detail === undefined ? 'not yet' : times.moment(detail.readMs, nowMs),
          ],
        ]}
      />
    </Panel>
  );
}

function Wans({ wans, board }: { readonly wans: readonly PlacedWan[]; readonly board: Board }) {
  const percent = (share: number | null | undefined): string =>
    share === null || share === undefined ? '–' : `${formatShare(share)} %`;
  return (
    <Panel title="WANs">
      <FactTable
        names={['WAN', 'State', 'In', 'Out', 'Ping', 'New', 'Wanted', 'Interface', 'Mark']}
        rows={wans.map(({ wan, state, router }) => {
          const row = board.wans.get(wan.key)?.row;
          const quality = linkQualityOf(row, wan, router.probeLimits);
          return {
            key: wan.key,
            cells: [
              wan.name,
              <span class="line-state" data-condition={state.condition}>
                <ConditionIcon condition={state.condition} />
                {state.word}
              </span>,
              percent(row?.[3]),
              percent(row?.[4]),
              [quality.text, quality.word].filter(Boolean).join(', '),
              percent(wan.share),
              percent(wan.targetShare),
              wan.interface,
              wan.routingMark,
            ],
          };
        })}
      />
    </Panel>
  );
}

const stateOf = ({ disabled, running }: Detail['interfaces'][number]): string => {
  if (disabled === true) return 'disabled';
  return running === null ? 'not known' : running ? 'running' : 'not running';
};

function Interfaces({ detail: { interfaces } }: { readonly detail: Detail }) {
  if (interfaces.length === 0) return null;
  return (
    <Panel title="Interfaces">
      <FactTable
        names={['Interface', 'Type', 'State', 'WAN', 'Link downs', 'Comment']}
        rows={interfaces.map((each) => ({
          key: each.name,
          cells: [each.name, each.type, stateOf(each), each.wan, each.linkDowns ?? '–', each.comment],
        }))}
      />
    </Panel>
  );
}

function Routes({ detail: { defaultRoutes } }: { readonly detail: Detail }) {
  if (defaultRoutes.length === 0) return null;
  return (
    <Panel title="Default routes">
      <FactTable
        names={['Table', 'To', 'Gateway', 'Distance', 'State']}
        rows={defaultRoutes.map((route, index) => ({
          key: String(index),
          cells: [
            route.table,
            route.destination,
            route.gateway,
            route.distance ?? '–',
            route.disabled ? 'disabled' : route.active ? 'in use' : 'not in use',
          ],
        }))}
      />
    </Panel>
  );
}

/** What an operator should know: others that steer, and what may not be read. */
function Others({ detail: { scripts, unread } }: { readonly detail: Detail }) {
  if (scripts.length + unread.length === 0) return null;
  return (
    <Panel title="Beside Fairlead">
      <ul>
        {scripts.map(({ kind, name, why, disabled }) => (
          <li key={`${kind} ${name}`}>
            {kind} “{name}” {why}
            {disabled && ' (disabled)'}
          </li>
        ))}
        {unread.map(({ menu, reason }) => (
          <li key={menu}>
            {menu} could not be read: {reason}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
