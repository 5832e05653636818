import { Outcome, type Wan } from '@fairlead/model';
import { type ChangeEnd, changeMark } from './change-mark.ts';
import { IPV4, IPV6 } from './family.ts';
import type { Marks, Step } from './judge-both.ts';
import { findObstacle, findRule } from './judge-rails.ts';
import { isHeld, type LeaseEntries, readLease, takeLease } from './lease.ts';
import { readAnew } from './read-anew.ts';
import { type RailReadings, readRails, readRules } from './read-rails.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';
import type { Lease } from './steered.ts';

/** Rules that are to get one mark, one after the other. */
export interface RulesChange {
  readonly steps: readonly Step[];
  /** As they were read. */
  readonly marks: Marks;
  /** Comment of the rules. */
  readonly comment: string;
  readonly wanted: string;
  readonly lease: Lease;
  /** The WAN that new connections were sent to; absent where they must not be sent back to it, because it is down. */
  readonly wayBack?: Wan | undefined;
}

/** How a change of the rules ended. `after` are the marks as read back. */
export interface RulesEnd {
  readonly outcome: Outcome;
  readonly after: Marks;
  readonly reason: string;
}

/**
 * Sets the rule of IPv4, reads it back, and does the same with that of IPv6 after another look at it. When IPv6 does not come
 * along, IPv4 is set back, as far as the rails allow that; what the two say in the end is what is told. Does not throw.
 */
export async function changeRules(
  keeper: SessionKeeper,
  live: LiveSession,
  change: RulesChange,
): Promise<RulesEnd> {
  const { steps, marks, comment, wanted } = change;
  const [first, second] = steps;
  if (!first) return { outcome: Outcome.UNCHANGED, after: marks, reason: '' };
  const end = await changeMark(keeper, live, { ...first, comment, wanted });
  const isOfIpv6 = first.family === IPV6;
  const after = { ...marks, [isOfIpv6 ? 'ipv6' : 'ipv4']: end.after };
  if (!second || end.outcome !== Outcome.CONFIRMED) {
    return { outcome: end.outcome, after, reason: end.reason };
  }
  const follow = await followWith(keeper, second, change);
  if (follow.outcome === Outcome.CONFIRMED) {
    return {
      outcome: Outcome.CONFIRMED,
      after: { ipv4: wanted, ipv6: wanted },
      reason: joined(end.reason, follow.reason),
    };
  }
  return setBack(keeper, live, change, joined(end.reason, `the rule of IPv6: ${follow.reason}`));
}

/** Looks at the second rule and the lease again, and sets it while both are as they were. */
async function followWith(
  keeper: SessionKeeper,
  step: Step,
  { comment, wanted, lease }: RulesChange,
): Promise<Pick<ChangeEnd, 'outcome' | 'reason'>> {
  const failed = (reason: string) => ({ outcome: Outcome.FAILED, reason });
  try {
    // A lost reply may have cost the session of before.
    const live = await keeper.get();
    const [rules, entries] = await Promise.all([
      readRules(live.session, comment, step.family),
      readLease(live.session),
    ]);
    const rule = findRule(rules, comment);
    if (rule.id === undefined) return failed(rule.reason);
    if (rule.mark !== step.before) return failed(`somebody else has just changed it to ${rule.mark}`);
    const rival = await keepLease(live, entries, lease);
    if (rival !== undefined) return failed(rival);
    return await changeMark(keeper, live, { ...step, ruleId: rule.id, comment, wanted });
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** Both rules are read over a new session, because one that failed tells nothing of why. */
async function setBack(
  keeper: SessionKeeper,
  lost: LiveSession,
  change: RulesChange,
  why: string,
): Promise<RulesEnd> {
  const { steps, comment, wanted, wayBack } = change;
  const look = await readAnew(keeper, lost, async (live) => {
    const [rules, ipv6Rules, rails] = await Promise.all([
      readRules(live.session, comment, IPV4),
      readRules(live.session, comment, IPV6),
      wayBack && readRails(live, comment, wayBack, false),
    ]);
    return { ipv4: findRule(rules, comment), ipv6: findRule(ipv6Rules, comment), rails };
  });
  if (!look) {
    const reason = joined(why, 'the rules could not be read since');
    return { outcome: Outcome.AMBIGUOUS, after: { ipv4: '', ipv6: '' }, reason };
  }
  const { live, value } = look;
  const { ipv4, ipv6, rails } = value;
  const marks = { ipv4: ipv4.mark, ipv6: ipv6.mark };
  if (ipv4.mark === wanted && ipv6.mark === wanted) {
    return { outcome: Outcome.CONFIRMED, after: marks, reason: why };
  }
  const obstacle =
    ipv4.id === undefined ? ipv4.reason : await findObstacleBack(live, ipv4.mark, rails, change);
  if (obstacle !== undefined || ipv4.id === undefined) {
    const reason = joined(why, `the rule of IPv4 was not set back: ${obstacle ?? ''}`, apart(marks));
    return { outcome: Outcome.FAILED, after: marks, reason };
  }
  const before = steps[0]?.before ?? '';
  const end = await changeMark(keeper, live, {
    ...{ family: IPV4, ruleId: ipv4.id, comment, before: wanted, wanted: before },
  });
  const after = { ...marks, ipv4: end.after };
  return end.outcome === Outcome.CONFIRMED
    ? { outcome: Outcome.FAILED, after, reason: joined(why, 'the rule of IPv4 was set back', end.reason) }
    : { outcome: end.outcome, after, reason: joined(why, end.reason, apart(after)) };
}

/** Why new connections of IPv4 must not be sent back; undefined when they may. Does not throw. */
async function findObstacleBack(
  live: LiveSession,
  mark: string,
  rails: RailReadings | undefined,
  { comment, wanted, wayBack, lease }: RulesChange,
): Promise<string | undefined> {
  if (!wayBack || !rails) return 'the WAN that it has left is down';
  if (mark !== wanted) return `somebody else changed it to ${mark}`;
  try {
    return findObstacle(comment, wayBack, rails) ?? (await keepLease(live, rails.lease, lease));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A router that was booted knows nobody, and is taken again. @returns who has it instead, in words */
async function keepLease(
  { session }: LiveSession,
  entries: LeaseEntries,
  lease: Lease,
): Promise<string | undefined> {
  const rival = isHeld(entries, lease.holder) ? undefined : await takeLease(session, entries, lease);
  return rival === undefined ? undefined : `another Fairlead steers this router: "${rival}"`;
}

const apart = ({ ipv4, ipv6 = '' }: Marks): string =>
  ipv4 === ipv6 ? '' : `IPv4 goes by ${ipv4 || 'nobody knows what'}, IPv6 by ${ipv6 || 'nobody knows what'}`;

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');
