import { isSteeringRule, type RouterState } from '@fairlead/model';

/** The mark of the steering rule over time, newest last. `mark` is undefined while it was not known. */
export type MarkHistory = readonly {
  readonly mark: string | undefined;
  readonly fromMs: number;
  /** When this was last confirmed by a reading. */
  readonly seenMs: number;
}[];

/** Router states come on every change and every 30 s; a mark unconfirmed for longer than this is not known. */
const TRUSTED_MS = 90_000;
const KEPT_CHANGES = 64;

/**
 * Adds what a router state says of the mark. Records of a router are in order, so one that is older than the newest is
 * a repetition and changes nothing.
 * @param comment exact comment of the steering rule
 */
export function foldMark(history: MarkHistory, state: RouterState, comment: string): MarkHistory {
  const mark = readMark(state, comment);
  const last = history.at(-1);
  if (last && state.timeMs < last.seenMs) return history;
  if (last && last.mark === mark) return [...history.slice(0, -1), { ...last, seenMs: state.timeMs }];
  return [...history, { mark, fromMs: state.timeMs, seenMs: state.timeMs }].slice(-KEPT_CHANGES);
}

/** The mark as it was at that time, so far as it had been read by then; never a guess. */
export function markAt(history: MarkHistory, timeMs: number): string | undefined {
  const entry = history.findLast(({ fromMs }) => fromMs <= timeMs);
  return entry && timeMs - entry.seenMs <= TRUSTED_MS ? entry.mark : undefined;
}

/** Known only when the router was reached and exactly one rule has the comment and is in force. */
function readMark(state: RouterState, comment: string): string | undefined {
  const rules = state.steeringRules.filter((rule) => isSteeringRule(rule, comment));
  const [rule] = rules;
  if (!state.reachable || !rule || rules.length > 1) return undefined;
  if (rule.disabled || rule.invalid || rule.action !== 'mark-routing') return undefined;
  return rule.newRoutingMark;
}
