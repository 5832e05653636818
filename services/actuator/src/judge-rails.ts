import type { Decision, Wan } from '@fairlead/model';
import { parseFlag } from '@fairlead/routeros';
import { isHeld, type LeaseEntries, rivalOf } from './lease.ts';
import type { Properties } from './read-menu.ts';
import type { RailReadings, SiteReadings, WanReadings } from './read-rails.ts';

/** What may be done. `before` is the mark of the rule; '' when the rule was not found exactly once. */
export type Verdict =
  | { readonly kind: 'go'; readonly before: string; readonly ruleId: string; readonly isHeld: boolean }
  | { readonly kind: 'unchanged'; readonly before: string }
  | { readonly kind: 'refused'; readonly before: string; readonly reason: string };

/** The steering rule, when it is there exactly once and does what it is for; otherwise why it is not. */
export function findRule(
  rules: readonly Properties[],
  comment: string,
):
  | { readonly id: string; readonly mark: string }
  | { readonly id: undefined; readonly mark: string; readonly reason: string } {
  const matches = rules.filter((rule) => rule['comment'] === comment);
  const [rule] = matches;
  if (!rule || matches.length !== 1) {
    return {
      id: undefined,
      mark: '',
      reason: `${matches.length} rules have the comment "${comment}"; exactly one must`,
    };
  }
  const mark = rule['new-routing-mark'] ?? '';
  const bad = (what: string) => ({ id: undefined, mark, reason: `the steering rule ${what}` });
  if (rule['action'] !== 'mark-routing')
    return bad(`has the action ${rule['action'] ?? 'none'}, not mark-routing`);
  for (const flag of ['disabled', 'invalid', 'dynamic'])
    if (parseFlag(rule[flag]) === true) return bad(`is ${flag}`);
  const id = rule['.id'] ?? '';
  return id === '' ? bad('has no id') : { id, mark };
}

/** The rule that is changed, and who changes it. */
export interface SteeringRule {
  /** Its exact comment. */
  readonly comment: string;
  /** The name by which the router knows this Fairlead. */
  readonly holder: string;
}

/** Who steers the router instead of this holder, in words; undefined when nobody does. */
export function describeRival(lease: LeaseEntries, holder: string): string | undefined {
  const rival = rivalOf(lease, holder);
  return rival === undefined ? undefined : `another Fairlead steers this router: "${rival}"`;
}

/** Whether a decision may be carried out on a router that says this. Pure; every doubt refuses. */
export function judgeRails(
  decision: Pick<Decision, 'fromMark' | 'toMark'>,
  { comment, holder }: SteeringRule,
  wan: Wan,
  readings: RailReadings,
): Verdict {
  const rule = findRule(readings.rules, comment);
  const before = rule.mark;
  if (rule.id === undefined) return { kind: 'refused', before, reason: rule.reason };
  if (before === decision.toMark) return { kind: 'unchanged', before };
  const reason =
    before === decision.fromMark
      ? (describeRival(readings.lease, holder) ?? findObstacle(comment, wan, readings))
      : `somebody else changed the rule: it says ${before}, the decision is from ${decision.fromMark}`;
  return reason === undefined
    ? { kind: 'go', before, ruleId: rule.id, isHeld: isHeld(readings.lease, holder) }
    : { kind: 'refused', before, reason };
}

/** Why new connections must not be sent to a WAN; undefined when nothing stands in the way. */
export function findObstacle(
  comment: string,
  wan: Wan,
  readings: WanReadings & SiteReadings,
): string | undefined {
  const { majorVersion, tables, defaultRoutes, interfaces, fastTrackRules, trafficMonitors } = readings;
  if (majorVersion === undefined) return 'the router did not tell its version';
  if (majorVersion >= 7 && !tables.some((table) => table['name'] === wan.routingMark && isEnabled(table))) {
    return `the routing table ${wan.routingMark} does not exist`;
  }
  if (!hasActive(defaultRoutes)) {
    return `the routing table ${wan.routingMark} has no active default route`;
  }
  const running = interfaces.some(
    (entry) => entry['name'] === wan.interface && parseFlag(entry['running']) === true,
  );
  if (!running) return `the interface ${wan.interface} of ${wan.name} is not running`;
  if (passesBy(fastTrackRules)) {
    return 'a FastTrack rule without connection-mark=no-mark takes connections past the steering rule';
  }
  const rival = trafficMonitors.find(
    (entry) => isEnabled(entry) && entry['on-event']?.includes(comment) === true,
  );
  if (rival) return `the traffic monitor ${rival['name'] ?? ''} of the router steers the same rule`;
  return undefined;
}

/** Whether one of these routes is in use. */
export const hasActive = (routes: readonly Properties[]): boolean =>
  routes.some((route) => parseFlag(route['active']) === true);

/** Whether one of these FastTrack rules takes marked connections past the steering rule. */
export const passesBy = (fastTrackRules: readonly Properties[]): boolean =>
  fastTrackRules.some((rule) => isEnabled(rule) && rule['connection-mark'] !== 'no-mark');

const isEnabled = (item: Properties): boolean => parseFlag(item['disabled']) !== true;
