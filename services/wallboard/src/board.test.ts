import type { LiveEvent, ServerMessage, WanRow } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { boardAfter, emptyBoard } from './board.ts';

const event = (t: number): LiveEvent => ({
  is: 'decision',
  id: `e${t}`,
  t,
  site: 's',
  router: 'r',
  fromWan: 'a',
  toWan: 'b',
  reason: '',
});
const row = (t: number): WanRow => [t, 1, 1, 0.5, 0.5, null, 'normal', null, null, null];
const fold = (...messages: readonly ServerMessage[]) => messages.reduce(boardAfter, emptyBoard);
const snap: ServerMessage = {
  type: 'snap',
  id: 3,
  ch: 'events',
  epoch: 'k',
  seq: 2,
  now: 0,
  events: [
    { seq: 1, ev: event(10) },
    { seq: 2, ev: event(30) },
  ],
};

it('shows events newest first by their own time, each once, and knows where to continue', () => {
  const board = fold(
    snap,
    { type: 'event', id: 3, ch: 'events', seq: 3, ev: event(20) },
    { type: 'event', id: 3, ch: 'events', seq: 4, ev: event(30) },
  );
  expect(board.events.map(({ t }) => t)).toEqual([30, 20, 10]);
  expect(board.eventsUpTo).toEqual({ epoch: 'k', seq: 4 });
});

it('takes a new snapshot for the whole truth', () => {
  const board = fold(snap, {
    ...snap,
    epoch: 'l',
    seq: 1,
    events: [{ seq: 1, ev: event(40) }],
  });
  expect(board.events.map(({ t }) => t)).toEqual([40]);
  expect(board.eventsUpTo).toEqual({ epoch: 'l', seq: 1 });
});

it('adds deltas to the history of a snapshot', () => {
  const board = fold(
    {
      type: 'snap',
      id: 2,
      ch: 'wan/*',
      epoch: 'k',
      seq: 1,
      now: 0,
      cols: [],
      rows: { w: [row(1_000), row(2_000)] },
    },
    { type: 'delta', id: 2, ch: 'wan/*', seq: 2, t: 0, d: { w: row(3_000), v: row(3_000) } },
  );
  expect(board.wans.get('w')?.row[0]).toBe(3_000);
  expect(board.wans.get('w')?.ring.series(0, 5_000)[0]).toEqual([1, 2, 3]);
  expect(board.wans.get('v')?.row[0]).toBe(3_000);
});
