import { Outcome } from '@fairlead/model';
import { AmbiguousWriteError } from '@fairlead/routeros';
import type { Family } from './family.ts';
import { findRule } from './judge-rails.ts';
import { readAnew } from './read-anew.ts';
import { type Properties, UnreadableError } from './read-menu.ts';
import { readRules } from './read-rails.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

export interface Change {
  readonly family: Family;
  readonly ruleId: string;
  /** Comment of the rule. */
  readonly comment: string;
  readonly before: string;
  readonly wanted: string;
}

/** How a change ended. `after` is the mark as read back; '' when it could not be read. */
export interface ChangeEnd {
  readonly outcome: Outcome;
  readonly after: string;
  readonly reason: string;
}

/**
 * Sets the mark of one rule and reads it back: the outcome is what the router says then, not what was sent. When a reply
 * is lost the session is replaced and the rule read; only when that is impossible too the outcome is not known.
 * Does not throw.
 */
export async function changeMark(
  keeper: SessionKeeper,
  live: LiveSession,
  change: Change,
): Promise<ChangeEnd> {
  const { family, ruleId, comment, before, wanted } = change;
  try {
    await live.session.execute([`${family.mangle}/set`, `=.id=${ruleId}`, `=new-routing-mark=${wanted}`]);
    return judgeReadBack(change, await readRules(live.session, comment, family), '');
  } catch (error) {
    const lost = textOf(error);
    if (!(error instanceof AmbiguousWriteError || error instanceof UnreadableError)) {
      return { outcome: Outcome.FAILED, after: before, reason: lost };
    }
    const anew = await readAnew(keeper, live, ({ session }) => readRules(session, comment, family));
    return anew
      ? judgeReadBack(change, anew.value, lost)
      : { outcome: Outcome.AMBIGUOUS, after: '', reason: `${lost}; the rule could not be read since` };
  }
}

function judgeReadBack({ comment, wanted }: Change, rules: readonly Properties[], lost: string): ChangeEnd {
  const rule = findRule(rules, comment);
  const after = rule.mark;
  if (after === wanted) return { outcome: Outcome.CONFIRMED, after, reason: lost };
  const found = rule.id === undefined ? rule.reason : `read back, the rule says ${after}`;
  return { outcome: Outcome.FAILED, after, reason: [lost, found].filter((part) => part !== '').join('; ') };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
