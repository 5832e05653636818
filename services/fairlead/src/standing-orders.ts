import { type Inventory, type Order, OrderKind, type Router, strategyProblems } from '@fairlead/model';

/** What orders have made of a router; what none has touched is as the configuration says. */
export interface StandingOrders {
  readonly mode?: Router['mode'];
  /** Null where a pin was taken back. */
  readonly pin?: { readonly wan: string; readonly until: number } | null;
  readonly locked?: boolean;
}

export type OrdersByRouter = ReadonlyMap<string, StandingOrders>;

/** What stands after one more order. */
export function standingAfter(standing: OrdersByRouter, order: Order): OrdersByRouter {
  const change = changeOf(order);
  if (!change) return standing;
  return new Map(standing).set(order.router, { ...standing.get(order.router), ...change });
}

function changeOf({ kind, wan, untilMs }: Order): StandingOrders | undefined {
  switch (kind) {
    case OrderKind.PIN:
      return untilMs === undefined ? undefined : { pin: { wan, until: untilMs } };
    case OrderKind.UNPIN:
      return { pin: null };
    case OrderKind.LOCK:
      return { locked: true };
    case OrderKind.UNLOCK:
      return { locked: false };
    case OrderKind.ARM:
      return { mode: 'armed' };
    case OrderKind.OBSERVE:
      return { mode: 'observe' };
    default:
      return undefined;
  }
}

/** The configuration as orders have changed it. An order that no longer fits its router is left out. */
export const withOrders = (inventory: Inventory, standing: OrdersByRouter): Inventory =>
  inventory.map((router) => {
    const orders = standing.get(router.name);
    return orders && router.steering ? ordered(router, router.steering, orders) : router;
  });

function ordered(
  router: Router,
  steering: NonNullable<Router['steering']>,
  { mode = router.mode, pin, locked = steering.locked }: StandingOrders,
): Router {
  const { pin: configured, ...rest } = steering;
  const knownPin = pin && router.wans.some(({ name }) => name === pin.wan) ? pin : undefined;
  const effective = pin === undefined ? configured : knownPin;
  return {
    ...router,
    // The configuration check refuses to arm what cannot be written; so do orders.
    mode: mode === 'armed' && strategyProblems({ ...router, mode }).length > 0 ? router.mode : mode,
    steering: { ...rest, locked, ...(effective ? { pin: effective } : {}) },
  };
}
