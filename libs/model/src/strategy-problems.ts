import type { PolicySettings } from './steering-config.ts';
import { steersParts } from './steers-parts.ts';
import type { RouterSetup } from './router-setup.ts';

/** What a router says of how it is steered and of the rules that it is given for that. */
interface StrategyGiven {
  readonly mode: 'observe' | 'armed';
  readonly wans: readonly unknown[];
  readonly steering?: { readonly policy: PolicySettings } | undefined;
  readonly setup?: Pick<RouterSetup, 'strategy'> | undefined;
}

/** Where policy and rules do not go together, with the path in the router of each. */
export function strategyProblems({
  mode,
  wans,
  steering,
  setup,
}: StrategyGiven): { readonly path: (string | number)[]; readonly message: string }[] {
  if (!steering) return [];
  const { kind, denominator, writesPerHour } = steering.policy;
  const named = kind === 'weights' ? kind : `${kind} with denominator: ${denominator}`;
  const problems: { path: (string | number)[]; message: string }[] = [];
  const isInParts = kind === 'weights' || steersParts(steering.policy);
  if (isInParts && denominator < wans.length) {
    problems.push({
      path: ['steering', 'policy', 'denominator'],
      message: `${denominator} ${denominator === 1 ? 'part is' : 'parts are'} too few for ${wans.length} WANs`,
    });
  }
  if (isInParts && writesPerHour !== undefined && writesPerHour < 2 * denominator) {
    problems.push({
      path: ['steering', 'policy', 'writesPerHour'],
      message: `at least ${2 * denominator}, twice the denominator: one half is kept for a WAN that goes down`,
    });
  }
  if (mode === 'armed' && setup) {
    if (isInParts && setup.strategy !== 'pcc') {
      problems.push({
        path: ['setup', 'strategy'],
        message: `the policy ${named} needs the rules of the strategy pcc, and ${setup.strategy} makes others; use strategy: pcc, or another kind of policy`,
      });
    }
    if (!isInParts && setup.strategy !== 'balance') {
      problems.push({
        path: ['setup', 'strategy'],
        message: `the strategy ${setup.strategy} makes no rule that the policy ${kind} could set; use strategy: balance, ${setup.strategy === 'pcc' ? 'the policy weights, headroom with denominator, ' : ''}or leave steering out`,
      });
    }
  }
  return problems;
}
