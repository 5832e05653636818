import { parseFlag } from '@fairlead/routeros';
import { partComment } from '@fairlead/routeros-config';
import type { Properties } from './read-menu.ts';

/** The steering rule of one part of new connections. */
export interface PartRule {
  readonly id: string;
  readonly mark: string;
}

/** The rules of all parts in their order, or why they are not what is declared. */
export type PartRules =
  | { readonly rules: readonly PartRule[]; readonly reason?: undefined }
  | { readonly rules?: undefined; readonly reason: string };

/**
 * The steering rules of a policy that shares: for each part exactly one with its comment, which does what it is for and takes
 * the connections that its comment says. Pure; every doubt is a reason.
 * @param rules rules of mangle, others among them
 */
export function findPartRules(
  rules: readonly Properties[],
  {
    comment,
    parts,
    marks,
  }: { readonly comment: string; readonly parts: number; readonly marks: readonly string[] },
): PartRules {
  const found: PartRule[] = [];
  let field: string | undefined;
  let from: string | undefined;
  for (let part = 0; part < parts; part += 1) {
    const wanted = partComment(comment, parts, part);
    const matches = rules.filter((rule) => rule['comment'] === wanted);
    const [rule] = matches;
    if (!rule || matches.length !== 1) {
      return { reason: `${matches.length} rules have the comment "${wanted}"; exactly one must` };
    }
    const wrong = whatIsWrong(rule, `${parts}/${part}`, marks);
    if (wrong !== undefined) return { reason: `the rule "${wanted}" ${wrong}` };
    field ??= fieldOf(rule);
    from ??= takenFrom(rule);
    if (fieldOf(rule) !== field || takenFrom(rule) !== from) {
      return { reason: `the rule "${wanted}" takes other connections than those before it` };
    }
    found.push({ id: rule['.id'] ?? '', mark: rule['new-routing-mark'] ?? '' });
  }
  return { rules: found };
}

function whatIsWrong(rule: Properties, part: string, marks: readonly string[]): string | undefined {
  const { action, 'new-routing-mark': mark = '' } = rule;
  if (action !== 'mark-routing') return `has the action ${action ?? 'none'}, not mark-routing`;
  for (const flag of ['disabled', 'invalid', 'dynamic'])
    if (parseFlag(rule[flag]) === true) return `is ${flag}`;
  const classifier = rule['per-connection-classifier'] ?? '';
  if (classifier.split(':')[1] !== part) return `has the classifier "${classifier}", not one of ${part}`;
  if (!marks.includes(mark)) return `has the mark "${mark}", which is of no WAN`;
  return (rule['.id'] ?? '') === '' ? 'has no id' : undefined;
}

/** What connections are told apart by, such as `both-addresses`. */
const fieldOf = (rule: Properties): string => (rule['per-connection-classifier'] ?? '').split(':')[0] ?? '';

const takenFrom = (rule: Properties): string => `${rule['chain'] ?? ''} ${rule['connection-mark'] ?? ''}`;

/** How many parts each of these marks has. */
export const countParts = (rules: readonly PartRule[], marks: readonly string[]): number[] =>
  marks.map((mark) => rules.filter((rule) => rule.mark === mark).length);

/** Shares as people write them: `8:2`. */
export const showWeights = (weights: readonly number[]): string => weights.join(':');
