import { type Decision, Outcome, steersParts } from '@fairlead/model';
import type { Steered } from './steered.ts';
import { changeParts, type DeclaredParts } from './change-parts.ts';
import { findMisfit, judgeParts, type PartsVerdict } from './judge-parts.ts';
import { takeLease } from './lease.ts';
import { countParts, type PartRule, showWeights } from './part-rules.ts';
import { readAlive } from './read-alive.ts';
import { readPartRules, readSite, readWan } from './read-rails.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

/** How it ended. `before` and `after` are shares such as `8:2`, as read; '' where they could not be. */
export interface WeightsEnd {
  readonly outcome: Outcome;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/**
 * A decision of shares as a transaction: read, check the rails for every WAN that gets more, set one rule after the other with a
 * look after each. It is begun only when all of it may be done.
 * @param staleness why the decision is too old by now
 * @throws UnreadableError when the router does not answer before anything was written
 */
export async function carryOutWeights(
  decision: Decision,
  steered: Steered,
  staleness: () => string | undefined,
): Promise<WeightsEnd> {
  const { router, keeper, lease, writes } = steered;
  const { policy, rule: comment } = router.steering;
  if (!steersParts(policy)) {
    return refuse('', `weights ${showWeights(decision.toWeights)}: the policy ${policy.kind} sets one rule`);
  }
  const marks = router.wans.map(({ routingMark }) => routingMark);
  const declared = { comment, parts: policy.denominator, marks };
  const misfit = findMisfit(decision, router.wans, policy.denominator);
  if (misfit !== undefined) return refuse('', misfit);
  const show = (rules: readonly PartRule[] | undefined): string =>
    rules ? showWeights(countParts(rules, marks)) : '';
  const inspect = (live: LiveSession): Promise<PartsVerdict> =>
    inspectParts(decision, steered, declared, live);
  if (router.mode === 'observe') return rehearse(keeper, inspect, show);

  const stale = staleness();
  // What is not going to be changed is not worth a connection, only a look.
  const known = stale === undefined ? await keeper.get() : await keeper.peek();
  if (!known) return refuse('', stale ?? 'the router is not reachable');
  const { live, value: verdict } = await readAlive(keeper, known, inspect);
  const before = show(verdict.before);
  if (verdict.kind === 'unchanged') {
    return { outcome: Outcome.UNCHANGED, before, after: before, reason: 'the rules say so already' };
  }
  // Connecting and reading take time too.
  const tooLate = stale ?? staleness();
  if (tooLate !== undefined) return refuse(before, tooLate);
  if (verdict.kind === 'refused') return refuse(before, verdict.reason);
  const overspent = writes.refuse(verdict.changes.length, decision.emergency);
  if (overspent !== undefined) return refuse(before, overspent);
  const rival = verdict.isHeld ? undefined : await takeLease(live.session, [], lease);
  if (rival !== undefined) return refuse(before, `another Fairlead has just taken this router: "${rival}"`);
  const end = await changeParts(keeper, live, {
    ...{ ...declared, before: verdict.before, changes: verdict.changes, holder: lease.holder },
    ...{ stop: staleness, spend: () => writes.spend() },
  });
  return { outcome: end.outcome, before, after: show(end.after), reason: end.reason };
}

/** Reads all that the decision depends on side by side: one round trip. */
async function inspectParts(
  decision: Decision,
  { router, lease }: Steered,
  declared: DeclaredParts,
  live: LiveSession,
): Promise<PartsVerdict> {
  const { fromWeights, toWeights } = decision;
  const wanted = router.wans.filter((_, i) => (toWeights[i] ?? 0) > (fromWeights[i] ?? 0));
  const [rules, site, gaining] = await Promise.all([
    readPartRules(live.session),
    readSite(live),
    Promise.all(wanted.map(async (wan) => [wan, await readWan(live, wan)] as const)),
  ]);
  return judgeParts(decision, declared, lease.holder, { rules, site, gaining });
}

/** Reads and judges as if the router were armed, and writes nothing. */
async function rehearse(
  keeper: SessionKeeper,
  inspect: (live: LiveSession) => Promise<PartsVerdict>,
  show: (rules: readonly PartRule[] | undefined) => string,
): Promise<WeightsEnd> {
  const dryRun = (before: string, reason: string): WeightsEnd => ({
    ...{ outcome: Outcome.DRY_RUN, before, after: before, reason },
  });
  try {
    const live = await keeper.peek();
    if (!live) return dryRun('', 'the router is not reachable');
    const verdict = await inspect(live);
    const before = show(verdict.before);
    switch (verdict.kind) {
      case 'go':
        return dryRun(before, `armed, ${verdict.changes.length} rules would be set`);
      case 'unchanged':
        return dryRun(before, 'nothing to change');
      case 'refused':
        return dryRun(before, `armed, this would be refused: ${verdict.reason}`);
    }
  } catch (error) {
    return dryRun('', error instanceof Error ? error.message : String(error));
  }
}

const refuse = (before: string, reason: string): WeightsEnd => ({
  ...{ outcome: Outcome.REFUSED, before, after: before, reason },
});
