import type { LiveEvent, WanRow, WanView } from '@fairlead/live-protocol';
import type { Decision, Inventory, Router, RouterState, WanEvent, WanUtilisation } from '@fairlead/model';
import { type ChannelSet, channelsOf, createChannelSet, fillChannelSet } from './channel-set.ts';
import {
  afterDecision,
  afterState,
  nothingKnown,
  type RouterKnowledge,
  routerView,
  wanKey,
} from './router-view.ts';
import { addSample } from './sample-history.ts';
import {
  conditionAfter,
  conditionAfterEvent,
  type ConditionLimits,
  type WanConditionState,
} from './wan-condition.ts';
import { type ProbeRound, roundsAfter, summariseRounds } from './wan-probe.ts';

/** Sets of channels that are kept though nobody may follow them any more. */
const MOST_SETS = 256;

/** Why a record was let go. */
export type Unfit = 'not-in-inventory' | 'not-newer' | 'repeated';

/** What the sites are like now, folded from records. Bounded by the inventory: what is not in it is not kept. */
export interface LiveView {
  /** The channels of all sites. */
  readonly all: ChannelSet;
  /** The channels of these sites; undefined for all. Made when they are first asked for. */
  channelsOfSites(sites: ReadonlySet<string> | undefined): ChannelSet;
  /** Makes what came since the last time visible in all channels, and says whether there was anything. */
  commit(): boolean;
  siteOf(router: string): string | undefined;
  /** What a router was when it was last read. */
  stateOf(router: string): RouterState | undefined;
  utilisation(record: WanUtilisation): Unfit | undefined;
  wanEvent(record: WanEvent): void;
  event(event: LiveEvent): Unfit | undefined;
  routerState(record: RouterState): Unfit | undefined;
  /** What a decision wants new connections to do. */
  decision(record: Decision): void;
  /** The 95th percentile of the month so far. */
  billing(router: string, wan: string, p95: NonNullable<WanView['p95']>): void;
  /**
   * Takes another inventory. What is known of routers and WANs that stay is kept.
   * @returns whether something is gone, so that who follows needs a snapshot
   */
  replaceInventory(inventory: Inventory): boolean;
}

export function createLiveView(inventory: Inventory, epoch: string): LiveView {
  let configured: ReadonlyMap<string, Router> = new Map();
  const limits = new Map<string, ConditionLimits | null>();
  const conditions = new Map<string, WanConditionState>();
  const probes = new Map<string, readonly ProbeRound[]>();
  const history = new Map<string, WanRow[]>();
  const states = new Map<string, RouterState>();
  const known = new Map<string, RouterKnowledge>();
  const all = createChannelSet(epoch, undefined, history);
  /** In the order in which they were last asked for. */
  const sets = new Map<string, ChannelSet>([['', all]]);
  const setsOfSite = new Map<string, readonly ChannelSet[]>();
  let setsMade = 0;

  const probeIntervalOf = (router: string): number => configured.get(router)?.api?.probeIntervalMs ?? 0;
  const siteOf = (router: string): string | undefined => configured.get(router)?.site;

  /** Sets that show this router. */
  function setsWith(router: string): readonly ChannelSet[] {
    const site = siteOf(router) ?? '';
    const known = setsOfSite.get(site);
    if (known) return known;
    const found = [...sets.values()].filter(({ sites }) => sites?.has(site) ?? true);
    setsOfSite.set(site, found);
    return found;
  }

  function channelsOfSites(sites: ReadonlySet<string> | undefined): ChannelSet {
    if (!sites) return all;
    const key = [...sites].sort().join('/');
    const known = sets.get(key);
    if (known) {
      sets.delete(key);
      sets.set(key, known);
      return known;
    }
    for (const oldest of sets.keys()) {
      if (sets.size < MOST_SETS) break;
      if (oldest !== '') sets.delete(oldest);
    }
    const made = createChannelSet(`${epoch}.${(setsMade += 1)}`, sites, history);
    fillChannelSet(made, all, siteOf);
    sets.set(key, made);
    setsOfSite.clear();
    return made;
  }

  function takeRouters(set: ChannelSet, next: Inventory): boolean {
    const ours = next.filter(({ site }) => set.sites?.has(site) ?? true);
    const goneRouters = new Set(set.routers.values().map(({ router }) => router));
    const goneWans = new Set(set.routers.values().flatMap(({ wans }) => wans.map(({ key }) => key)));
    for (const router of ours) {
      const after = routerView(router, known.get(router.name) ?? nothingKnown);
      const before = set.routers.get(router.name);
      if (JSON.stringify(after) !== JSON.stringify(before)) set.routers.set(router.name, after);
      goneRouters.delete(router.name);
      for (const { key } of after.wans) goneWans.delete(key);
    }
    for (const name of goneRouters) set.routers.remove(name);
    for (const key of goneWans) set.wans.remove(key);
    return goneRouters.size + goneWans.size > 0;
  }

  function replaceInventory(next: Inventory): boolean {
    configured = new Map(next.map((router) => [router.name, router]));
    setsOfSite.clear();
    const goneWans = new Set(limits.keys());
    for (const { name, wans, steering } of next) {
      for (const wan of wans) {
        const policy = steering?.policy;
        limits.set(wanKey(name, wan.name), policy ? { ...policy, samples: policy.samples.breached } : null);
        goneWans.delete(wanKey(name, wan.name));
      }
    }
    let isCut = false;
    for (const set of sets.values()) isCut = takeRouters(set, next) || isCut;
    for (const key of goneWans)
      for (const memory of [limits, conditions, probes, history]) memory.delete(key);
    for (const name of [...known.keys()]) {
      if (configured.has(name)) continue;
      known.delete(name);
      states.delete(name);
    }
    return isCut;
  }
  replaceInventory(inventory);

  function learn(router: Router, after: RouterKnowledge): void {
    known.set(router.name, after);
    const view = routerView(router, after);
    // Much of it is sent again and again when nothing is new.
    if (JSON.stringify(view) === JSON.stringify(all.routers.get(router.name))) return;
    for (const { routers } of setsWith(router.name)) routers.set(router.name, view);
  }
  const knownOf = (router: string): RouterKnowledge => known.get(router) ?? nothingKnown;

  return {
    all,
    channelsOfSites,
    siteOf,
    stateOf: (router) => states.get(router),
    replaceInventory,
    commit() {
      let changed = false;
      for (const set of sets.values()) {
        for (const channel of channelsOf(set)) changed = channel.commit() || changed;
      }
      return changed;
    },
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
      const rounds = roundsAfter(probes.get(key) ?? [], record);
      probes.set(key, rounds);
      const probe = summariseRounds(rounds, record.timeMs, probeIntervalOf(record.router));
      const row: WanRow = [
        record.timeMs,
        Math.round(record.rxBps),
        Math.round(record.txBps),
        round4(record.rxUtil),
        round4(record.txUtil),
        record.active ?? null,
        state.condition,
        state.sinceMs,
        probe.loss === null ? null : round4(probe.loss),
        probe.rttMs === null ? null : round1(probe.rttMs),
      ];
      addSample(rows, row);
      history.set(key, rows);
      for (const { wans } of setsWith(record.router)) wans.set(key, row);
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
      if (!all.events.append(event)) return 'repeated';
      for (const set of setsWith(event.router)) if (set !== all) set.events.append(event);
      return undefined;
    },
    routerState(record) {
      const router = configured.get(record.router);
      if (!router) return 'not-in-inventory';
      if (record.timeMs <= (states.get(record.router)?.timeMs ?? 0)) return 'not-newer';
      states.set(record.router, record);
      learn(router, afterState(knownOf(router.name), router, record));
      return undefined;
    },
    decision(record) {
      const router = configured.get(record.router);
      if (router) learn(router, afterDecision(knownOf(router.name), record));
    },
    billing(name, wan, p95) {
      const router = configured.get(name);
      if (!router) return;
      const before = knownOf(name);
      learn(router, { ...before, p95: { ...before.p95, [wan]: p95 } });
    },
  };
}

const round1 = (ms: number): number => Math.round(ms * 10) / 10;
const round4 = (share: number): number => Math.round(share * 10_000) / 10_000;
