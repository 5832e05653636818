import { orderSchema, type RouterView } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { type OrderDraft, orderOf, orderText } from './order-draft.ts';
import { quietRouter } from './testing/quiet-router.ts';

const router = (change: Partial<RouterView> = {}): RouterView => ({
  ...quietRouter().router,
  mode: 'armed',
  limits: { leaveAbove: 0.8, returnBelow: 0.6 },
  wans: [],
  ...change,
});
const kinds = ['pin', 'unpin', 'lock', 'unlock', 'arm', 'observe'] as const;
const drafts: readonly OrderDraft[] = [
  { kind: 'acknowledge', router: router(), subject: 'ISP2 is down' },
  { kind: 'acknowledge', router: router(), subject: 'ISP2 is down', wan: 'ISP2', event: 'e1' },
  ...kinds.map((kind) => ({ kind, router: router() })),
];

it.each(drafts)('makes of $kind what the server takes', (draft) => {
  const order = orderOf(draft, { note: 'why', wan: 'ISP2', untilMs: 5 });
  expect(orderSchema.parse(order)).toEqual(order);
  expect(order).toMatchObject({ kind: draft.kind, router: 'gw1', note: 'why' });
  if (draft.kind === 'pin') expect(order).toMatchObject({ wan: 'ISP2', untilMs: 5 });
});

it('says of an order what the router as it is makes of it', () => {
  const textOf = (kind: (typeof kinds)[number], change: Partial<RouterView>): string =>
    orderText({ kind, router: router(change) }).consequence;
  expect(textOf('pin', { mode: 'observe' })).toContain('nothing is written to it until it is armed');
  expect(textOf('pin', { locked: true })).toContain('the pin counts once the lock is ended');
  expect(textOf('unlock', {})).toContain('It may move new connections at once');
  expect(textOf('unlock', { mode: 'observe' })).toContain('nothing is written');
  expect(textOf('arm', { locked: true })).toContain('nothing moves until the lock is ended');
});
