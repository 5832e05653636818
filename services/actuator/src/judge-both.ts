import type { Decision, Wan } from '@fairlead/model';
import { type Family, IPV4, IPV6 } from './family.ts';
import {
  describeRival,
  findObstacle,
  findRule,
  hasActive,
  judgeRails,
  passesBy,
  type SteeringRule,
} from './judge-rails.ts';
import { isHeld } from './lease.ts';
import type { Ipv6Readings, RailReadings } from './read-rails.ts';

/** The marks that the rules say; '' where a rule was not found exactly once, and undefined where IPv6 is left alone. */
export interface Marks {
  readonly ipv4: string;
  readonly ipv6?: string;
}

/** A rule that is to get another mark. */
export interface Step {
  readonly family: Family;
  readonly ruleId: string;
  readonly before: string;
}

/** What may be done about the rules of both versions of IP. */
export type BothVerdict =
  | {
      readonly kind: 'go';
      readonly marks: Marks;
      /** In the order in which they are done. */
      readonly steps: readonly Step[];
      readonly isHeld: boolean;
      /** Why IPv6 stays behind while IPv4 leaves a WAN that is down. */
      readonly leftBehind?: string;
    }
  | { readonly kind: 'unchanged'; readonly marks: Marks }
  | { readonly kind: 'refused'; readonly marks: Marks; readonly reason: string };

/**
 * Whether a decision may be carried out on a router that says this, for IPv4 and, where it is steered, for IPv6. Pure; every
 * doubt refuses both, unless IPv4 has to leave a WAN that is down. The rule of IPv6 follows that of IPv4: what it says before
 * may be any WAN.
 */
export function judgeBoth(
  decision: Pick<Decision, 'fromMark' | 'toMark' | 'emergency'>,
  rule: SteeringRule,
  wan: Wan,
  wans: readonly Wan[],
  readings: RailReadings,
): BothVerdict {
  const ipv4 = judgeRails(decision, rule, wan, readings);
  const { ipv6 } = readings;
  const steps: Step[] =
    ipv4.kind === 'go' ? [{ family: IPV4, ruleId: ipv4.ruleId, before: ipv4.before }] : [];
  const held = isHeld(readings.lease, rule.holder);
  if (!ipv6) {
    const marks = { ipv4: ipv4.before };
    return ipv4.kind === 'go' ? { kind: 'go', marks, steps, isHeld: held } : { ...ipv4, marks };
  }
  const twin = findRule(ipv6.rules, rule.comment);
  const marks = { ipv4: ipv4.before, ipv6: twin.mark };
  if (ipv4.kind === 'refused') return { ...ipv4, marks };
  const isThere = twin.id !== undefined && twin.mark === decision.toMark;
  if (isThere) {
    return ipv4.kind === 'unchanged'
      ? { kind: 'unchanged', marks }
      : { kind: 'go', marks, steps, isHeld: held };
  }
  const reason =
    findIpv6Obstacle(rule.comment, wan, wans, readings.majorVersion, ipv6) ??
    // Those of IPv4 have been looked at unless there was nothing to do.
    (ipv4.kind === 'unchanged'
      ? (describeRival(readings.lease, rule.holder) ?? findObstacle(rule.comment, wan, readings))
      : undefined);
  if (reason === undefined && twin.id !== undefined) {
    const second = { family: IPV6, ruleId: twin.id, before: twin.mark };
    return { kind: 'go', marks, steps: [...steps, second], isHeld: held };
  }
  const leftBehind = reason ?? 'the rule of IPv6 has no id';
  return decision.emergency && ipv4.kind === 'go'
    ? { kind: 'go', marks, steps, isHeld: held, leftBehind }
    : { kind: 'refused', marks, reason: leftBehind };
}

/** Why new connections of IPv6 must not be sent to a WAN; undefined when nothing of IPv6 stands in the way. */
function findIpv6Obstacle(
  comment: string,
  wan: Wan,
  wans: readonly Wan[],
  majorVersion: number | undefined,
  { rules, defaultRoutes, fastTrackRules }: Ipv6Readings,
): string | undefined {
  if (majorVersion === 6) {
    return 'RouterOS 6 cannot steer IPv6, which knows one routing table there: leave steering.ipv6 out';
  }
  const rule = findRule(rules, comment);
  if (rule.id === undefined) return `IPv6: ${rule.reason}`;
  if (!wans.some(({ routingMark }) => routingMark === rule.mark)) {
    return `somebody else changed the rule of IPv6: it says ${rule.mark}, which is of no WAN`;
  }
  if (!hasActive(defaultRoutes)) {
    return `the routing table ${wan.routingMark} has no active default route of IPv6`;
  }
  return passesBy(fastTrackRules)
    ? 'a FastTrack rule of IPv6 without connection-mark=no-mark takes connections past the steering rule'
    : undefined;
}
