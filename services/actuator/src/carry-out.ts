import { type Actuation, type Clock, type Decision, Mode, Outcome, type Wan } from '@fairlead/model';
import { carryOutWeights } from './carry-out-weights.ts';
import { changeRules } from './change-rules.ts';
import { type BothVerdict, judgeBoth, type Marks } from './judge-both.ts';
import { takeLease } from './lease.ts';
import { showWeights } from './part-rules.ts';
import { readAlive } from './read-alive.ts';
import { readRails } from './read-rails.ts';
import type { LiveSession, SteeredRouter } from './session-keeper.ts';
import type { Lease, Steered } from './steered.ts';

interface End {
  readonly outcome: Outcome;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  /** Where IPv6 is steered. */
  readonly ipv6?: { readonly before: string; readonly after: string };
}

/**
 * One decision as a transaction: read, check the rails, set one rule, or one after the other, read back. Never rejects: trouble with the router
 * is an outcome. The same decision again (after a crash, say) finds the mark set and changes nothing.
 */
export async function carryOut(
  decision: Decision,
  steered: Steered | undefined,
  { clock, maxDecisionAgeMs }: { readonly clock: Clock; readonly maxDecisionAgeMs: number },
): Promise<Actuation> {
  const staleness = (): string | undefined => describeAge(clock.nowMs() - decision.timeMs, maxDecisionAgeMs);
  const end = await attempt(decision, steered, staleness).catch((error: unknown) =>
    refuse('', error instanceof Error ? error.message : String(error)),
  );
  const timeMs = clock.nowMs();
  return {
    id: `${decision.id}/${timeMs}`,
    decisionId: decision.id,
    timeMs,
    site: decision.site,
    router: decision.router,
    mode: modeOf(steered),
    outcome: end.outcome,
    rule: steered?.router.steering.rule ?? '',
    beforeMark: end.before,
    afterMark: end.after,
    wantedMark: decision.toMark === '' ? showWeights(decision.toWeights) : decision.toMark,
    reason: end.reason,
    latencyMs: timeMs - decision.timeMs,
    connectionMark: '',
    ...(end.ipv6 && { ipv6BeforeMark: end.ipv6.before, ipv6AfterMark: end.ipv6.after }),
  };
}

async function attempt(
  decision: Decision,
  steered: Steered | undefined,
  staleness: () => string | undefined,
): Promise<End> {
  if (!steered) return refuse('', 'the inventory has no steering for this router');
  const { router, keeper } = steered;
  if (router.steering.stopped) return refuse('', 'the steering of this router is stopped');
  if (decision.toWeights.length > 0) return carryOutWeights(decision, steered, staleness);
  // Only marks of the inventory are ever written, whatever a decision says.
  const wan = router.wans.find(
    (entry) => entry.name === decision.toWan && entry.routingMark === decision.toMark,
  );
  if (!wan) return refuse('', `the inventory has no WAN ${decision.toWan} with the mark ${decision.toMark}`);
  if (router.mode === 'observe') return rehearse(decision, steered, wan);

  const stale = staleness();
  // What is not going to be changed is not worth a connection, only a look.
  const known = stale === undefined ? await keeper.get() : await keeper.peek();
  if (!known) return refuse('', stale ?? 'the router is not reachable');
  const { live, value: verdict } = await readAlive(keeper, known, (session) =>
    inspect(decision, router, steered.lease, wan, session),
  );
  const { marks } = verdict;
  const stays = (outcome: Outcome, reason: string): End => toEnd(outcome, marks, marks, reason);
  if (verdict.kind === 'unchanged') return stays(Outcome.UNCHANGED, 'the rule says so already');
  // Connecting and reading take time too.
  const tooLate = stale ?? staleness();
  if (tooLate !== undefined) return stays(Outcome.REFUSED, tooLate);
  if (verdict.kind === 'refused') return stays(Outcome.REFUSED, verdict.reason);
  const rival = verdict.isHeld ? undefined : await takeLease(live.session, [], steered.lease);
  if (rival !== undefined) {
    return stays(Outcome.REFUSED, `another Fairlead has just taken this router: "${rival}"`);
  }
  const { steps, leftBehind } = verdict;
  const change = await changeRules(keeper, live, {
    ...{ steps, marks, comment: router.steering.rule, wanted: decision.toMark, lease: steered.lease },
    wayBack: decision.emergency
      ? undefined
      : router.wans.find(({ routingMark }) => routingMark === decision.fromMark),
  });
  return leftBehind === undefined || change.outcome !== Outcome.CONFIRMED
    ? toEnd(change.outcome, marks, change.after, change.reason)
    : toEnd(
        Outcome.FAILED,
        marks,
        change.after,
        `IPv4 has left ${decision.fromMark}, which is down, and IPv6 has not: ${leftBehind}`,
      );
}

/** Reads and judges as if the router were armed, and writes nothing. */
async function rehearse(decision: Decision, { router, keeper, lease }: Steered, wan: Wan): Promise<End> {
  const dryRun = (marks: Marks, reason: string): End => toEnd(Outcome.DRY_RUN, marks, marks, reason);
  const unknown = { ipv4: '' };
  try {
    const live = await keeper.peek();
    if (!live) return dryRun(unknown, 'the router is not reachable');
    const verdict = await inspect(decision, router, lease, wan, live);
    switch (verdict.kind) {
      case 'go':
        return dryRun(verdict.marks, 'armed, this would be written');
      case 'unchanged':
        return dryRun(verdict.marks, 'nothing to change');
      case 'refused':
        return dryRun(verdict.marks, `armed, this would be refused: ${verdict.reason}`);
    }
  } catch (error) {
    return dryRun(unknown, error instanceof Error ? error.message : String(error));
  }
}

async function inspect(
  decision: Decision,
  router: SteeredRouter,
  { holder }: Lease,
  wan: Wan,
  live: LiveSession,
): Promise<BothVerdict> {
  const { rule: comment, ipv6 } = router.steering;
  const readings = await readRails(live, comment, wan, ipv6 !== undefined);
  return judgeBoth(decision, { comment, holder }, wan, router.wans, readings);
}

function describeAge(ageMs: number, maxMs: number): string | undefined {
  if (ageMs > maxMs) return `stale decision: its sample is ${ageMs} ms old`;
  return ageMs < -maxMs ? `the sample of the decision is ${-ageMs} ms in the future` : undefined;
}

function modeOf(steered: Steered | undefined): Mode {
  if (!steered) return Mode.UNSPECIFIED;
  return steered.router.mode === 'armed' ? Mode.ARMED : Mode.OBSERVE;
}

const refuse = (before: string, reason: string): End => ({
  outcome: Outcome.REFUSED,
  before,
  after: before,
  reason,
});

const toEnd = (outcome: Outcome, before: Marks, after: Marks, reason: string): End => ({
  ...{ outcome, before: before.ipv4, after: after.ipv4, reason },
  ...(before.ipv6 !== undefined && { ipv6: { before: before.ipv6, after: after.ipv6 ?? '' } }),
});
