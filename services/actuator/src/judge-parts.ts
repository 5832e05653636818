import type { Decision, Wan } from '@fairlead/model';
import type { DeclaredParts } from './change-parts.ts';
import { describeRival, findObstacle } from './judge-rails.ts';
import { isHeld } from './lease.ts';
import { countParts, findPartRules, type PartRule, showWeights } from './part-rules.ts';
import { type PartChange, planParts } from './plan-parts.ts';
import type { Properties } from './read-menu.ts';
import type { SiteReadings, WanReadings } from './read-rails.ts';

/** What may be done about shares. `before`: the rules as read; undefined when they are not what is declared. */
export type PartsVerdict =
  | {
      readonly kind: 'go';
      readonly before: readonly PartRule[];
      readonly changes: readonly PartChange[];
      readonly isHeld: boolean;
    }
  | { readonly kind: 'unchanged'; readonly before: readonly PartRule[] }
  | { readonly kind: 'refused'; readonly before: readonly PartRule[] | undefined; readonly reason: string };

/** What a router says of a change of shares. */
export interface PartsReadings {
  readonly rules: readonly Properties[];
  readonly site: SiteReadings;
  /** The WANs that are to get more, with what the router says of each. */
  readonly gaining: readonly (readonly [Wan, WanReadings])[];
}

/** Why the weights of a decision are not those of this router; undefined when they are. Pure. */
export function findMisfit(
  { wans, fromWeights, toWeights }: Pick<Decision, 'wans' | 'fromWeights' | 'toWeights'>,
  inventory: readonly Wan[],
  parts: number,
): string | undefined {
  const isOurs = wans.length === inventory.length && inventory.every(({ name }, i) => wans[i] === name);
  if (!isOurs) return `the inventory has other WANs than ${wans.join(', ')}`;
  const isWhole = (weights: readonly number[]): boolean =>
    weights.length === wans.length && weights.reduce((sum, weight) => sum + weight, 0) === parts;
  return isWhole(fromWeights) && isWhole(toWeights)
    ? undefined
    : `weights ${showWeights(fromWeights)} to ${showWeights(toWeights)} are not of ${parts} parts`;
}

/** Whether shares may be changed on a router that says this. Pure; every doubt refuses all of it. */
export function judgeParts(
  { fromWeights, toWeights }: Pick<Decision, 'fromWeights' | 'toWeights'>,
  declared: DeclaredParts,
  holder: string,
  { rules, site, gaining }: PartsReadings,
): PartsVerdict {
  const { comment, marks } = declared;
  const found = findPartRules(rules, declared);
  const before = found.rules;
  const refused = (reason: string): PartsVerdict => ({ kind: 'refused', before, reason });
  if (!before) return refused(found.reason);
  const now = showWeights(countParts(before, marks));
  if (now === showWeights(toWeights)) return { kind: 'unchanged', before };
  if (now !== showWeights(fromWeights)) {
    return refused(
      `somebody else changed the rules: they say ${now}, the decision is from ${showWeights(fromWeights)}`,
    );
  }
  const rival = describeRival(site.lease, holder);
  if (rival !== undefined) return refused(rival);
  for (const [wan, readings] of gaining) {
    const obstacle = findObstacle(comment, wan, { ...readings, ...site });
    if (obstacle !== undefined) return refused(obstacle);
  }
  const changes = planParts(
    before.map(({ mark }) => mark),
    marks,
    toWeights,
  );
  return { kind: 'go', before, changes, isHeld: isHeld(site.lease, holder) };
}
