import type { LiveEvent, RouterView, ServerMessage, WanRow } from '@fairlead/live-protocol';
import { createSampleRing, type SampleRing } from './sample-ring.ts';

/** Events on the page. */
const MOST_EVENTS = 200;
/** Ten minutes at a sample a second. */
const RING_SAMPLES = 600;

/** The latest sample of a WAN, and those before it. */
export interface WanSamples {
  readonly row: WanRow;
  readonly ring: SampleRing;
}

/** All that the page knows. */
export interface Board {
  readonly routers: readonly RouterView[];
  readonly wans: ReadonlyMap<string, WanSamples>;
  /** Newest first. */
  readonly events: readonly LiveEvent[];
  /** Where the events can be continued. */
  readonly eventsUpTo: { readonly epoch: string; readonly seq: number } | undefined;
  readonly simulated: boolean;
  /** Whether orders may be given from this page. */
  readonly mayWrite: boolean;
}

export const emptyBoard: Board = {
  routers: [],
  wans: new Map(),
  events: [],
  eventsUpTo: undefined,
  simulated: false,
  mayWrite: false,
};

/** The board after a message. */
export function boardAfter(board: Board, message: ServerMessage): Board {
  switch (message.type) {
    case 'welcome':
      return { ...board, simulated: message.simulated, mayWrite: message.mayWrite };
    case 'snap':
      if (message.ch === 'wan/*') return { ...board, wans: withRows(board.wans, message.rows) };
      if (message.ch === 'routers') return { ...board, routers: Object.values(message.d) };
      return {
        ...board,
        events: newestFirst(message.events.map(({ ev }) => ev)),
        eventsUpTo: { epoch: message.epoch, seq: message.seq },
      };
    case 'delta':
      if (message.ch === 'routers') {
        const changed = message.d;
        return { ...board, routers: board.routers.map((router) => changed[router.router] ?? router) };
      }
      return {
        ...board,
        wans: withRows(
          board.wans,
          Object.fromEntries(Object.entries(message.d).map(([key, row]) => [key, [row]])),
        ),
      };
    case 'event': {
      const { seq, ev } = message;
      return {
        ...board,
        events: board.events.some(({ id }) => id === ev.id)
          ? board.events
          : newestFirst([...board.events, ev]),
        eventsUpTo: board.eventsUpTo && { ...board.eventsUpTo, seq },
      };
    }
    case 'resumed':
    case 'resync':
    case 'tick':
    case 'error':
      return board;
  }
}

const newestFirst = (events: readonly LiveEvent[]): readonly LiveEvent[] =>
  [...events].sort((a, b) => b.t - a.t).slice(0, MOST_EVENTS);

function withRows(
  wans: ReadonlyMap<string, WanSamples>,
  rows: Readonly<Record<string, readonly WanRow[]>>,
): ReadonlyMap<string, WanSamples> {
  const after = new Map(wans);
  for (const [key, samples] of Object.entries(rows)) {
    const row = samples.at(-1);
    if (!row) continue;
    const ring = wans.get(key)?.ring ?? createSampleRing(RING_SAMPLES);
    for (const [timeMs, , , rxUtil, txUtil] of samples) ring.push(timeMs, rxUtil, txUtil);
    after.set(key, { row, ring });
  }
  return after;
}
