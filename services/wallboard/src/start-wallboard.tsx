import { type ClientMessage, LIVE_PATH, type ServerMessage } from '@fairlead/live-protocol';
import { render } from 'preact';
import { hasNewProblem, problemsOf, type Problems } from './alarm.ts';
import { createAlarmSound } from './alarm-sound.ts';
import { type Board, boardAfter, emptyBoard } from './board.ts';
import { createTimeFormat } from './format.ts';
import { type LinkState, openLiveLink } from './live-link.ts';
import { createServerClock } from './server-clock.ts';
import { createPageApi } from './page-api.ts';
import { takePageToken } from './page-token.ts';
import type { PlacedWan } from './site-view.ts';
import { tileStateOf } from './tile-state.ts';
import { parseUrlOptions, type UrlChange, withUrlOptions } from './url-options.ts';
import { WINDOW_SECONDS } from './view/use-mirror-chart.ts';
import { Wallboard } from './view/wallboard.tsx';

/** Ages and clocks are drawn again after this when nothing came. */
const PULSE_MS = 500;
/** After this long with a connection the board says what is, and an old "no data" is gone from it. */
const SETTLED_MS = 3_000;

/** Opens the link and keeps the page as it says. Runs until the page is left. */
export function startWallboard(host: HTMLElement): void {
  let board: Board = emptyBoard;
  let link: LinkState = { phase: 'connecting' };
  let options = parseUrlOptions(location.search);
  let build: string | undefined;
  let frame = 0;
  let drawnMs = 0;
  const times = createTimeFormat(options.tz);
  const clock = createServerClock();
  const token = takePageToken(location, history, sessionStorage);
  const api = createPageApi(token);
  const sound = createAlarmSound(document);
  let problems: Problems | undefined;
  let liveSinceMs = Infinity;

  const listen = (placed: readonly PlacedWan[], monotonicMs: number): void => {
    if (link.phase === 'live' && monotonicMs - liveSinceMs < SETTLED_MS) return;
    const before = problems;
    problems = problemsOf(before ?? new Set(), placed, board.routers, link, monotonicMs);
    // What was wrong when the page was opened is seen, not heard.
    if (options.sound && before && hasNewProblem(before, problems)) sound.play();
  };

  const draw = (): void => {
    frame = 0;
    document.documentElement.dataset['theme'] = options.theme;
    document.documentElement.dataset['kiosk'] = String(options.kiosk);
    const nowMs = clock.nowMs();
    const monotonicMs = performance.now();
    drawnMs = monotonicMs;
    const placed = board.routers.flatMap((router) =>
      router.wans.map((wan) => ({ router, wan, state: tileStateOf(board.wans.get(wan.key), router, nowMs) })),
    );
    if (board.routers.length > 0) listen(placed, monotonicMs);
    render(
      <Wallboard
        board={board}
        placed={placed}
        link={link}
        nowMs={nowMs}
        monotonicMs={monotonicMs}
        times={times}
        options={options}
        navigation={{ addressOf: (change) => withUrlOptions(location.search, change), go }}
        api={api}
        soundAllowed={options.sound && sound.allowed()}
        onRetry={() => live.retryNow()}
      />,
      host,
    );
  };
  const drawSoon = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const readAddress = (): void => {
    options = parseUrlOptions(location.search);
    drawSoon();
  };
  const go = (change: UrlChange): void => {
    const address = withUrlOptions(location.search, change);
    if ('site' in change || 'router' in change) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    readAddress();
  };

  const take = (message: ServerMessage): void => {
    if (message.type === 'welcome') {
      build ??= message.build;
      // A wall is never loaded again by hand: a new page comes with a new server.
      if (message.build !== build) location.reload();
    }
    const serverNow = serverTimeOf(message);
    if (serverNow !== undefined) clock.observe(serverNow);
    board = boardAfter(board, message);
    drawSoon();
  };

  const subscriptions = (): readonly ClientMessage[] => [
    { type: 'sub', id: 1, ch: 'routers' },
    { type: 'sub', id: 2, ch: 'wan/*', history: WINDOW_SECONDS },
    { type: 'sub', id: 3, ch: 'events', ...(board.eventsUpTo ? { since: board.eventsUpTo } : {}) },
  ];

  const live = openLiveLink({
    url: `${location.origin.replace(/^http/, 'ws')}${LIVE_PATH}`,
    client: 'wallboard',
    token,
    subscriptions,
    onMessage: take,
    onState(state) {
      if (state.phase === 'live') liveSinceMs = performance.now();
      link = state;
      drawSoon();
    },
  });
  addEventListener('online', () => live.retryNow());
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && options.kiosk) go({ kiosk: '0' });
  });
  addEventListener('popstate', readAddress);
  setInterval(() => {
    if (performance.now() - drawnMs >= PULSE_MS) drawSoon();
  }, PULSE_MS / 2);
  draw();
}

function serverTimeOf(message: ServerMessage): number | undefined {
  switch (message.type) {
    case 'welcome':
    case 'snap':
    case 'tick':
      return message.now;
    case 'delta':
      return message.t;
    case 'event':
    case 'resumed':
    case 'resync':
    case 'error':
      return undefined;
  }
}
