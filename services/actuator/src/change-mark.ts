import { Outcome } from '@fairlead/model';
import { AmbiguousWriteError } from '@fairlead/routeros';
import { backoffMs, pause } from '@fairlead/runtime';
import { SET_RULE } from './commands.ts';
import { findRule } from './judge-rails.ts';
import { type Properties, UnreadableError } from './read-menu.ts';
import { readRules } from './read-rails.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

export interface Change {
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

/** Attempts to read the rule over a new session after a reply was lost. */
const READ_ATTEMPTS = 3;

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
  const { ruleId, comment, before, wanted } = change;
  try {
    await live.session.execute([SET_RULE, `=.id=${ruleId}`, `=new-routing-mark=${wanted}`]);
    return judgeReadBack(change, await readRules(live.session, comment), '');
  } catch (error) {
    const lost = textOf(error);
    if (!(error instanceof AmbiguousWriteError || error instanceof UnreadableError)) {
      return { outcome: Outcome.FAILED, after: before, reason: lost };
    }
    const rules = await readAnew(keeper, live, comment);
    return rules
      ? judgeReadBack(change, rules, lost)
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

async function readAnew(
  keeper: SessionKeeper,
  lost: LiveSession,
  comment: string,
): Promise<readonly Properties[] | undefined> {
  let doubtful = lost;
  for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) {
    try {
      doubtful = await keeper.replace(doubtful);
      return await readRules(doubtful.session, comment);
    } catch {
      await pause(backoffMs(attempt, { baseMs: 200 }));
    }
  }
  return undefined;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
