import type { RouterView, WanView } from '@fairlead/live-protocol';
import {
  type Decision,
  isSteeringRule,
  policySettingsSchema,
  readPccWeights,
  type Router,
  type RouterState,
  steersParts,
  type Wan,
} from '@fairlead/model';

/** What is known of a router beside its configuration. */
export interface RouterKnowledge {
  readonly reachable: boolean | null;
  readonly error: string;
  readonly version: string;
  readonly mark: string | null;
  /** Share of new connections that each WAN has by per-connection-classifier rules; null where they do not say it. */
  readonly pccShares: Readonly<Record<string, number>> | null;
  /** Share of new connections that each WAN should get, by the last decision. */
  readonly targets: Readonly<Record<string, number>>;
  readonly p95: Readonly<Record<string, NonNullable<WanView['p95']>>>;
}

export const nothingKnown: RouterKnowledge = {
  reachable: null,
  error: '',
  version: '',
  mark: null,
  pccShares: null,
  targets: {},
  p95: {},
};

const DEFAULT_POLICY = policySettingsSchema.parse({});

export const wanKey = (router: string, wan: string): string => `${router}/${wan}`;

/** A router as clients see it. */
export function routerView(router: Router, known: RouterKnowledge): RouterView {
  const { steering } = router;
  const { reachable, error, version, mark } = known;
  return {
    router: router.name,
    site: router.site,
    mode: router.mode,
    intervalMs: router.api?.intervalMs ?? router.snmp?.intervalMs ?? 1_000,
    limits: steering
      ? { leaveAbove: steering.policy.leaveAbove, returnBelow: steering.policy.returnBelow }
      : null,
    probeLimits: (steering?.policy ?? DEFAULT_POLICY).health,
    locked: steering?.locked ?? false,
    pin: steering?.pin ? { wan: steering.pin.wan, untilMs: steering.pin.until } : null,
    wans: router.wans.map((wan) => ({
      key: wanKey(router.name, wan.name),
      name: wan.name,
      interface: wan.interface,
      routingMark: wan.routingMark,
      rxCapacityBps: wan.capacity.rx,
      txCapacityBps: wan.capacity.tx,
      probed: wan.probeHosts !== undefined,
      share: shareOf(wan, router, known),
      targetShare: known.targets[wan.name] ?? null,
      commitBps: wan.cost?.commit ?? null,
      p95: known.p95[wan.name] ?? null,
    })),
    reachable,
    error,
    version,
    mark,
  };
}

/** By the rule that the router is steered by; where there is none, by the classifier rules. */
function shareOf(wan: Wan, { wans, steering }: Router, { mark, pccShares }: RouterKnowledge): number | null {
  if (mark === null || (steering && steersParts(steering.policy))) return pccShares?.[wan.name] ?? null;
  return wans.some(({ routingMark }) => routingMark === mark) ? Number(wan.routingMark === mark) : null;
}

/** What a router said of itself. */
export const afterState = (known: RouterKnowledge, router: Router, state: RouterState): RouterKnowledge => ({
  ...known,
  reachable: state.reachable,
  error: state.error,
  version: state.version,
  mark: steeringMark(router, state),
  pccShares: readPccShares(router, state),
});

/** Shares that a decision wants: all for one WAN, or parts for each. */
export function afterDecision(known: RouterKnowledge, decision: Decision): RouterKnowledge {
  const { wans, toWeights, toWan, fromWan } = decision;
  if (wans.length === 0) return { ...known, targets: { ...known.targets, [fromWan]: 0, [toWan]: 1 } };
  const all = toWeights.reduce((sum, weight) => sum + weight, 0);
  if (all === 0) return known;
  return {
    ...known,
    targets: Object.fromEntries(wans.map((wan, i) => [wan, (toWeights[i] ?? 0) / all])),
  };
}

function readPccShares({ wans }: Router, state: RouterState): RouterKnowledge['pccShares'] {
  const weights = readPccWeights(state, wans);
  if (!weights) return null;
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(wans.map(({ name }, i) => [name, (weights[i] ?? 0) / all]));
}

/** The mark that new connections get; null unless the rule is there exactly once. */
function steeringMark(router: Router, state: RouterState): string | null {
  const rules = state.steeringRules.filter(
    (rule) => router.steering && isSteeringRule(rule, router.steering.rule) && !rule.disabled,
  );
  return rules.length === 1 ? (rules[0]?.newRoutingMark ?? null) : null;
}
