import { type ClientMessage, LIVE_PATH, type ServerMessage } from '@fairlead/live-protocol';
import { render } from 'preact';
import { type Board, boardAfter, emptyBoard } from './board.ts';
import { createTimeFormat } from './format.ts';
import { type LinkState, openLiveLink } from './live-link.ts';
import { createServerClock } from './server-clock.ts';
import { parseUrlOptions, withUrlOptions } from './url-options.ts';
import { Wallboard } from './view/wallboard.tsx';
import { WINDOW_SECONDS } from './view/sparkline.tsx';

/** How often ages and clocks are drawn again when nothing comes. */
const PULSE_MS = 500;

/** Opens the link and keeps the page as it says. Runs until the page is left. */
export function startWallboard(host: HTMLElement): void {
  let board: Board = emptyBoard;
  let link: LinkState = { phase: 'connecting' };
  let options = parseUrlOptions(location.search);
  let build: string | undefined;
  let frame = 0;
  const times = createTimeFormat(options.tz);
  const clock = createServerClock();

  const draw = (): void => {
    frame = 0;
    document.documentElement.dataset['theme'] = options.theme;
    document.documentElement.dataset['kiosk'] = String(options.kiosk);
    render(
      <Wallboard
        board={board}
        link={link}
        nowMs={clock.nowMs()}
        monotonicMs={performance.now()}
        times={times}
        options={options}
        onOptions={changeOptions}
        onRetry={() => live.retryNow()}
      />,
      host,
    );
  };
  const drawSoon = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const changeOptions = (change: Partial<Record<'kiosk' | 'theme', string>>): void => {
    history.replaceState(null, '', withUrlOptions(location.search, change));
    options = parseUrlOptions(location.search);
    drawSoon();
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
    subscriptions,
    onMessage: take,
    onState(state) {
      link = state;
      drawSoon();
    },
  });
  addEventListener('online', () => live.retryNow());
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && options.kiosk) changeOptions({ kiosk: '0' });
  });
  setInterval(drawSoon, PULSE_MS);
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
