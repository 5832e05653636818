import type { RouterView } from '@fairlead/live-protocol';
import type { TimeFormat } from '../format.ts';
import type { OrderDraft } from '../order-draft.ts';
import type { UrlOptions } from '../url-options.ts';
import { type Navigation, ViewLink } from './view-link.tsx';

/** What can be asked of whoever may give orders; absent for all others. */
export type AskOrder = (draft: OrderDraft) => void;

/** A router: what it is, what is done with it, and what may be ordered. */
export function RouterLine({
  router,
  nowMs,
  times,
  options,
  navigation,
  onOrder,
}: {
  readonly router: RouterView;
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
  readonly onOrder: AskOrder | undefined;
}) {
  const { locked, pin } = router;
  const isSteered = router.limits !== null;
  return (
    <header class="router-line">
      <h2 id={`router-${router.router}`}>
        {router.site}{' '}
        <span>
          <RouterName router={router} options={options} navigation={navigation} />
        </span>
      </h2>
      {router.version !== '' && <p>RouterOS {router.version}</p>}
      {isSteered && (
        <p class="mode" data-mode={router.mode}>
          {router.mode === 'armed'
            ? 'Armed: Fairlead steers this router'
            : 'Observing: nothing is written to this router'}
        </p>
      )}
      {locked && <p class="held">Locked for maintenance: nothing is decided</p>}
      {pin && pin.untilMs > nowMs && (
        <p class="held">
          Pinned to {pin.wan} until {times.moment(pin.untilMs, nowMs)}
        </p>
      )}
      {router.reachable === false && <p class="unreachable">Unreachable: {router.error}</p>}
      {isSteered && onOrder && (
        <p class="orders" role="group" aria-label={`Orders for ${router.router}`}>
          {pin === null ? (
            <Order name="Pin" onClick={() => onOrder({ kind: 'pin', router })} />
          ) : (
            <Order name="End pin" onClick={() => onOrder({ kind: 'unpin', router })} />
          )}
          {locked ? (
            <Order name="End lock" onClick={() => onOrder({ kind: 'unlock', router })} />
          ) : (
            <Order name="Lock" onClick={() => onOrder({ kind: 'lock', router })} />
          )}
          {router.mode === 'armed' ? (
            <Order name="Only observe" onClick={() => onOrder({ kind: 'observe', router })} />
          ) : (
            <Order name="Arm" onClick={() => onOrder({ kind: 'arm', router })} />
          )}
        </p>
      )}
    </header>
  );
}

/** The name of a router; it leads to its details and back, except on a wall that nobody touches. */
function RouterName({
  router: { router, site },
  options,
  navigation,
}: {
  readonly router: RouterView;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
}) {
  if (options.kiosk) return router;
  const isShown = options.router === router;
  return (
    <ViewLink
      change={isShown ? { router: undefined } : { site, router }}
      current={isShown ? 'page' : undefined}
      title={`Details of ${router}`}
      navigation={navigation}
    >
      {router}
    </ViewLink>
  );
}

function Order({ name, onClick }: { readonly name: string; readonly onClick: () => void }) {
  return (
    <button type="button" aria-haspopup="dialog" onClick={onClick}>
      {name}
    </button>
  );
}
