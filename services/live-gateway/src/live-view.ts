import {
  type LiveEvent,
  liveLimits,
  type RouterView,
  wanColumns,
  type WanRow,
} from '@fairlead/live-protocol';
import {
  type Inventory,
  isSteeringRule,
  type Router,
  type RouterState,
  type WanEvent,
  type WanUtilisation,
} from '@fairlead/model';
import { createEventChannel, type EventChannel } from './event-channel.ts';
import { createStateChannel, type StateChannel } from './state-channel.ts';
import {
  conditionAfter,
  conditionAfterEvent,
  type ConditionLimits,
  type WanConditionState,
} from './wan-condition.ts';

/** Samples kept for one WAN, for the history in a snapshot. */
const HISTORY_SAMPLES = 600;

/** Why a record was let go. */
export type Unfit = 'not-in-inventory' | 'not-newer' | 'repeated';

/** What the site is like now, folded from records. Bounded by the inventory: what is not in it is not kept. */
export interface LiveView {
  readonly wans: StateChannel<WanRow>;
  readonly routers: StateChannel<RouterView>;
  readonly events: EventChannel;
  utilisation(record: WanUtilisation): Unfit | undefined;
  wanEvent(record: WanEvent): void;
  event(event: LiveEvent): Unfit | undefined;
  routerState(record: RouterState): Unfit | undefined;
  /**
   * Takes another inventory. What is known of routers and WANs that stay is kept.
   * @returns whether something is gone, so that who follows needs a snapshot
   */
  replaceInventory(inventory: Inventory): boolean;
}

const wanKey = (router: string, wan: string): string => `${router}/${wan}`;

export function createLiveView(inventory: Inventory, epoch: string): LiveView {
  let configured: ReadonlyMap<string, Router> = new Map();
  const limits = new Map<string, ConditionLimits | null>();
  const conditions = new Map<string, WanConditionState>();
  const history = new Map<string, WanRow[]>();
  const stateTimes = new Map<string, number>();

  const wans = createWanChannel(epoch, history);
  const routers = createStateChannel<RouterView>({
    snapshot: (head, values, { nowMs }) => ({
      type: 'snap',
      ...head,
      ch: 'routers',
      epoch,
      now: nowMs,
      d: Object.fromEntries(values),
    }),
    delta: (head, d) => ({ type: 'delta', ch: 'routers', ...head, d }),
  });
  const events = createEventChannel(epoch);

  function replaceInventory(next: Inventory): boolean {
    const goneRouters = new Set(configured.keys());
    const goneWans = new Set(limits.keys());
    configured = new Map(next.map((router) => [router.name, router]));
    for (const router of next) {
      const policy = router.steering?.policy;
      const before = routers.get(router.name);
      const after = { ...initialRouterView(router), ...(before && whatIsLive(before)) };
      if (JSON.stringify(after) !== JSON.stringify(before)) routers.set(router.name, after);
      goneRouters.delete(router.name);
      for (const wan of router.wans) {
        const key = wanKey(router.name, wan.name);
        limits.set(key, policy ? { ...policy, samples: policy.samples.breached } : null);
        goneWans.delete(key);
      }
    }
    for (const name of goneRouters) {
      routers.remove(name);
      stateTimes.delete(name);
    }
    for (const key of goneWans) {
      wans.remove(key);
      for (const memory of [limits, conditions, history]) memory.delete(key);
    }
    return goneRouters.size + goneWans.size > 0;
  }
  replaceInventory(inventory);

  return {
    wans,
    routers,
    events,
    replaceInventory,
    utilisation(record) {
      const key = wanKey(record.router, record.wan);
      const wanLimits = limits.get(key);
      if (wanLimits === undefined) return 'not-in-inventory';
      const rows = history.get(key) ?? [];
      const last = rows.at(-1);
      if (last && record.timeMs <= last[0]) return 'not-newer';
      const state = conditionAfter(
        conditions.get(key),
        {
          timeMs: record.timeMs,
          util: Math.max(record.rxUtil, record.txUtil),
          running: record.running,
        },
        wanLimits,
      );
      conditions.set(key, state);
      const row: WanRow = [
        record.timeMs,
        Math.round(record.rxBps),
        Math.round(record.txBps),
        round4(record.rxUtil),
        round4(record.txUtil),
        record.active ?? null,
        state.condition,
        state.sinceMs,
      ];
      rows.push(row);
      if (rows.length > HISTORY_SAMPLES) rows.shift();
      history.set(key, rows);
      wans.set(key, row);
      return undefined;
    },
    wanEvent(record) {
      const key = wanKey(record.router, record.wan);
      if (!limits.has(key)) return;
      const state = conditionAfterEvent(conditions.get(key), record);
      if (state) conditions.set(key, state);
    },
    event(event) {
      if (!configured.has(event.router)) return 'not-in-inventory';
      return events.append(event) ? undefined : 'repeated';
    },
    routerState(record) {
      const router = configured.get(record.router);
      const before = routers.get(record.router);
      if (!router || !before) return 'not-in-inventory';
      if (record.timeMs <= (stateTimes.get(record.router) ?? 0)) return 'not-newer';
      stateTimes.set(record.router, record.timeMs);
      const after = {
        ...before,
        reachable: record.reachable,
        error: record.error,
        version: record.version,
        mark: steeringMark(router, record),
      };
      // It is sent every 30 s even when nothing is new.
      if (JSON.stringify(after) !== JSON.stringify(before)) routers.set(record.router, after);
      return undefined;
    },
  };
}

function createWanChannel(
  epoch: string,
  history: ReadonlyMap<string, readonly WanRow[]>,
): StateChannel<WanRow> {
  return createStateChannel<WanRow>({
    snapshot(head, values, { nowMs, historySeconds }) {
      const sinceMs = nowMs - historySeconds * 1_000;
      const most = Math.max(1, Math.floor(liveLimits.snapshotRows / Math.max(1, values.size)));
      const rows: Record<string, WanRow[]> = {};
      for (const [key, latest] of values) {
        const wanted = history.get(key)?.filter((row) => row[0] >= sinceMs) ?? [];
        rows[key] = wanted.length > 0 ? wanted.slice(-most) : [latest];
      }
      return { type: 'snap', ...head, ch: 'wan/*', epoch, now: nowMs, cols: [...wanColumns], rows };
    },
    delta: (head, d) => ({ type: 'delta', ch: 'wan/*', ...head, d }),
  });
}

const round4 = (share: number): number => Math.round(share * 10_000) / 10_000;

function initialRouterView(router: Router): RouterView {
  const policy = router.steering?.policy;
  return {
    router: router.name,
    site: router.site,
    mode: router.mode,
    intervalMs: router.api?.intervalMs ?? router.snmp?.intervalMs ?? 1_000,
    limits: policy ? { leaveAbove: policy.leaveAbove, returnBelow: policy.returnBelow } : null,
    wans: router.wans.map((wan) => ({
      key: wanKey(router.name, wan.name),
      name: wan.name,
      interface: wan.interface,
      routingMark: wan.routingMark,
      rxCapacityBps: wan.capacity.rx,
      txCapacityBps: wan.capacity.tx,
    })),
    reachable: null,
    error: '',
    version: '',
    mark: null,
  };
}

/** What a router says of itself, not the inventory. */
const whatIsLive = ({ reachable, error, version, mark }: RouterView): Partial<RouterView> => ({
  reachable,
  error,
  version,
  mark,
});

/** The mark that new connections get; null unless the rule is there exactly once. */
function steeringMark(router: Router, state: RouterState): string | null {
  const rules = state.steeringRules.filter(
    (rule) => router.steering && isSteeringRule(rule, router.steering.rule) && !rule.disabled,
  );
  return rules.length === 1 ? (rules[0]?.newRoutingMark ?? null) : null;
}
