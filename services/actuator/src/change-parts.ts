import { Outcome } from '@fairlead/model';
import { AmbiguousWriteError } from '@fairlead/routeros';
import { partComment } from '@fairlead/routeros-config';
import { SET_RULE } from './commands.ts';
import { isHeld, type LeaseEntries, readLease, rivalOf } from './lease.ts';
import { findPartRules, type PartRule, type PartRules } from './part-rules.ts';
import type { PartChange } from './plan-parts.ts';
import { readAnew } from './read-anew.ts';
import { UnreadableError } from './read-menu.ts';
import { readPartRules } from './read-rails.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

/** What is declared of the rules of a router whose shares change. */
export interface DeclaredParts {
  /** Comment of the steering rules without their part. */
  readonly comment: string;
  readonly parts: number;
  /** Of the WANs, in the order of the inventory. */
  readonly marks: readonly string[];
}

/** Rules to set, with what must hold between them. */
export interface PartsChange extends DeclaredParts {
  /** As they were read. */
  readonly before: readonly PartRule[];
  readonly changes: readonly PartChange[];
  /** The name by which the router knows this Fairlead. */
  readonly holder: string;
  /** Why no further rule may be set; undefined while it may. */
  readonly stop: () => string | undefined;
  /** Told before each setting. */
  readonly spend: () => void;
}

/** How a change of shares ended. `after`: the rules as read last; undefined when they could not be read since. */
export interface PartsEnd {
  readonly outcome: Outcome;
  readonly after: readonly PartRule[] | undefined;
  readonly reason: string;
}

interface Look {
  readonly found: PartRules;
  readonly lease: LeaseEntries;
}

/**
 * Sets one rule after the other. After each, all of them and the lease are read: it goes on only while the router says exactly
 * what was set, and this Fairlead still has it. What is stopped in the middle is a valid division of connections, and told as
 * what it is; the next decision begins from there. A lost reply is looked into over a new session. Does not throw.
 */
export async function changeParts(
  keeper: SessionKeeper,
  first: LiveSession,
  change: PartsChange,
): Promise<PartsEnd> {
  const { changes, holder, comment, parts } = change;
  let live = first;
  let rules = change.before;
  let done = 0;
  let lost = '';
  const told = (outcome: Outcome, why: string, after: PartsEnd['after']): PartsEnd => ({
    outcome,
    after,
    reason: [`${done} of ${changes.length} rules set`, lost, why].filter((text) => text !== '').join('; '),
  });
  const stopped = (why: string): PartsEnd => told(Outcome.FAILED, why, rules);
  for (const { part, to } of changes) {
    const held = change.stop();
    if (held !== undefined) return stopped(held);
    change.spend();
    let look: Look;
    try {
      await live.session.execute([SET_RULE, `=.id=${rules[part]?.id ?? ''}`, `=new-routing-mark=${to}`]);
      look = await lookAt(live, change);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!(error instanceof AmbiguousWriteError || error instanceof UnreadableError)) {
        return stopped(text);
      }
      lost = text;
      const anew = await readAnew(keeper, live, (session) => lookAt(session, change));
      if (!anew) return told(Outcome.AMBIGUOUS, 'the rules could not be read since', undefined);
      ({ live, value: look } = anew);
    }
    const { found, lease } = look;
    if (!found.rules) return told(Outcome.FAILED, found.reason, undefined);
    const expected = rules.map(({ mark }, at) => (at === part ? to : mark));
    const odd = found.rules.findIndex(({ mark }, at) => mark !== expected[at]);
    rules = found.rules;
    if (rules[part]?.mark === to) done += 1;
    if (odd !== -1) {
      return stopped(`read back, "${partComment(comment, parts, odd)}" says ${rules[odd]?.mark ?? ''}`);
    }
    const rival = rivalOf(lease, holder);
    if (done < changes.length && rival !== undefined) {
      return stopped(`another Fairlead steers this router: "${rival}"`);
    }
    if (done < changes.length && !isHeld(lease, holder)) {
      return stopped('the router no longer knows this Fairlead');
    }
  }
  return { outcome: Outcome.CONFIRMED, after: rules, reason: lost };
}

async function lookAt({ session }: LiveSession, declared: DeclaredParts): Promise<Look> {
  const [rules, lease] = await Promise.all([readPartRules(session), readLease(session)]);
  return { found: findPartRules(rules, declared), lease };
}
