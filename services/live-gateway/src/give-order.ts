import { randomBytes } from 'node:crypto';
import type { EventLog } from '@fairlead/event-log';
import type { GivenOrder, OrderKind as OrderWord, OrderRequest } from '@fairlead/live-protocol';
import { encodeFrames, Order, OrderKind, type Router, strategyProblems } from '@fairlead/model';
import { topics } from '@fairlead/topics';

const MOST_PIN_MS = 90 * 86_400_000;

const kinds: Readonly<Record<OrderWord, OrderKind>> = {
  acknowledge: OrderKind.ACKNOWLEDGE,
  pin: OrderKind.PIN,
  unpin: OrderKind.UNPIN,
  lock: OrderKind.LOCK,
  unlock: OrderKind.UNLOCK,
  arm: OrderKind.ARM,
  observe: OrderKind.OBSERVE,
};

/** Why an order cannot be carried out by this router; undefined when it can. */
export function orderProblem(order: OrderRequest, router: Router, nowMs: number): string | undefined {
  const wan = 'wan' in order ? order.wan : undefined;
  if (wan !== undefined && !router.wans.some(({ name }) => name === wan))
    return `no WAN ${wan} at ${router.name}`;
  if (order.kind === 'acknowledge') return undefined;
  if (!router.steering) return `${router.name} is only watched: it has no steering`;
  if (order.kind === 'arm') return strategyProblems({ ...router, mode: 'armed' })[0]?.message;
  if (order.kind !== 'pin') return undefined;
  if (order.untilMs <= nowMs) return 'untilMs is in the past';
  return order.untilMs > nowMs + MOST_PIN_MS ? 'untilMs is more than 90 days ahead' : undefined;
}

/** Puts an order into the log, which is where it is acted on and where it stays to be looked up. */
export async function giveOrder(
  log: EventLog,
  order: OrderRequest,
  by: {
    readonly site: string;
    readonly timeMs: number;
    readonly token: { readonly id: string; readonly name: string };
    readonly fromAddress: string;
  },
): Promise<GivenOrder> {
  const record: Order = {
    id: `order:${by.timeMs}:${randomBytes(6).toString('hex')}`,
    timeMs: by.timeMs,
    site: by.site,
    router: order.router,
    wan: ('wan' in order ? order.wan : undefined) ?? '',
    kind: kinds[order.kind],
    ...('untilMs' in order ? { untilMs: order.untilMs } : {}),
    eventId: (order.kind === 'acknowledge' ? order.event : undefined) ?? '',
    note: order.note,
    tokenName: by.token.name,
    tokenId: by.token.id,
    fromAddress: by.fromAddress,
  };
  await log.append([{ topic: topics.orders.name, key: order.router, value: encodeFrames(Order, [record]) }]);
  return { id: record.id, timeMs: record.timeMs };
}
