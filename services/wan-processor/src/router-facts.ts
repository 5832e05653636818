import {
  isSteeringRule,
  type PolicySettings,
  readPccWeights,
  type Router,
  type RouterState,
  steersParts,
} from '@fairlead/model';
import { z } from 'zod';
import type { RouterPlan } from './router-plan.ts';

/** What a router state says that decisions rest on. */
export const routerFactsSchema = z.strictObject({
  /** Weight of each WAN for new connections, in the order of the inventory; null while it is not known. */
  weights: z.array(z.number().min(0)).max(8).nullable(),
  /** WANs whose default routes are there and none of them in use: the router itself gave them up. */
  unrouted: z.array(z.string()).max(8),
  /** Of WANs with probe hosts that netwatch asks: whether one of them answers. */
  probed: z.record(z.string(), z.boolean()),
});
export type RouterFacts = z.infer<typeof routerFactsSchema>;

/** Facts over time, newest last. */
export const factsHistorySchema = z
  .array(
    z.strictObject({
      facts: routerFactsSchema,
      fromMs: z.number(),
      /** When this was last confirmed by a reading. */
      seenMs: z.number(),
    }),
  )
  .max(64);
export type FactsHistory = z.infer<typeof factsHistorySchema>;

/** Router states come on every change and every 30 s; what is unconfirmed for longer than this is not known. */
const TRUSTED_MS = 90_000;
const KEPT_CHANGES = 64;

/**
 * Adds what a router state says. Records of a router are in order, so one that is older than the newest is a repetition
 * and changes nothing; unless it is so much older that the clock was set back: then what was known is of no known time.
 */
export function foldFacts(history: FactsHistory, state: RouterState, plan: RouterPlan): FactsHistory {
  const last = history.at(-1);
  if (last && last.seenMs - state.timeMs > TRUSTED_MS) return foldFacts([], state, plan);
  if (last && state.timeMs < last.seenMs) return history;
  const facts: RouterFacts = {
    weights: readWeights(state, plan),
    unrouted: findUnrouted(state, plan),
    probed: readProbes(state, plan),
  };
  if (last && JSON.stringify(last.facts) === JSON.stringify(facts)) {
    return [...history.slice(0, -1), { ...last, seenMs: state.timeMs }];
  }
  return [...history, { facts, fromMs: state.timeMs, seenMs: state.timeMs }].slice(-KEPT_CHANGES);
}

/** The facts as they were at that time, so far as they had been read by then; never a guess. */
export function factsAt(history: FactsHistory, timeMs: number): RouterFacts | undefined {
  const entry = history.findLast(({ fromMs }) => fromMs <= timeMs);
  return entry && timeMs - entry.seenMs <= TRUSTED_MS ? entry.facts : undefined;
}

function readWeights(state: RouterState, { router }: RouterPlan): number[] | null {
  if (!state.reachable || !router.steering) return null;
  if (steersParts(router.steering.policy)) return readShares(state, router, router.steering.policy);
  const mark = readMark(state, router.steering.rule);
  return mark === undefined ? null : router.wans.map(({ routingMark }) => (routingMark === mark ? 1 : 0));
}

/** What an armed router says counts only in the parts that can be set; of others any classifier tells. */
function readShares(
  state: RouterState,
  { mode, wans }: Router,
  { denominator }: PolicySettings,
): number[] | null {
  const parts = readPccWeights(state, wans);
  const sum = parts?.reduce((total, part) => total + part, 0);
  return mode === 'armed' && sum !== denominator ? null : parts;
}

/** Known only when exactly one rule has the comment and is in force. */
function readMark(state: RouterState, comment: string): string | undefined {
  const rules = state.steeringRules.filter((rule) => isSteeringRule(rule, comment));
  const [rule] = rules;
  if (!rule || rules.length > 1) return undefined;
  if (rule.disabled || rule.invalid || rule.action !== 'mark-routing') return undefined;
  return rule.newRoutingMark;
}

/** check-gateway and recursive routes are the router's own probes: where they fail, the route is not in use. */
function findUnrouted({ reachable, defaultRoutes }: RouterState, { router }: RouterPlan): string[] {
  if (!reachable) return [];
  return router.wans.flatMap(({ name, routingMark }) => {
    const own = defaultRoutes.filter(
      (route) => route.table === routingMark && route.destination === '0.0.0.0/0' && route.disabled !== true,
    );
    return own.length > 0 && own.every((route) => !route.active) ? [name] : [];
  });
}

/** A host that does not answer may itself be down; the upstream is, when none of them answers. */
function readProbes({ reachable, netwatch }: RouterState, { router }: RouterPlan): Record<string, boolean> {
  const probed: Record<string, boolean> = {};
  if (!reachable) return probed;
  for (const { name, probeHosts = [] } of router.wans) {
    const known = netwatch.filter(
      ({ host, status, disabled }) =>
        (probeHosts as readonly string[]).includes(host) &&
        disabled !== true &&
        (status === 'up' || status === 'down'),
    );
    if (known.length > 0) probed[name] = known.some(({ status }) => status === 'up');
  }
  return probed;
}
