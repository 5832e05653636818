import type { RouterState, SteeringRule } from './generated/fairlead/v1/router_state.ts';
import type { Wan } from './inventory.ts';

const IPV4_MENUS: readonly string[] = ['/ip/firewall/mangle', ''];
const MARKING: readonly string[] = ['mark-connection', 'mark-routing'];

/**
 * Parts of new connections that each WAN gets by per-connection-classifier rules (RouterOS manual, "Per connection
 * classifier": `both-addresses:DENOMINATOR/REMAINDER`). A rule belongs to the WAN whose routing mark it sets, or the router
 * sets for the connection mark that it gives.
 * @returns null unless the enabled rules are of one denominator, cover each remainder once, and all belong to a WAN
 */
export function readPccWeights({ steeringRules }: RouterState, wans: readonly Wan[]): number[] | null {
  const rules = steeringRules.filter(
    ({ menu, disabled, invalid, chain }) =>
      IPV4_MENUS.includes(menu) && !disabled && !invalid && chain === 'prerouting',
  );
  const weights = wans.map(() => 0);
  const remainders = new Set<number>();
  let denominator: number | undefined;
  for (const rule of rules) {
    const match = /^[a-z-]+:(\d{1,4})\/(\d{1,4})$/.exec(rule.perConnectionClassifier ?? '');
    if (!match || !MARKING.includes(rule.action)) continue;
    const parts = Number(match[1]);
    const remainder = Number(match[2]);
    const wan = wanOf(rule, rules, wans);
    denominator ??= parts;
    if (parts !== denominator || remainder >= parts || remainders.has(remainder) || wan < 0) return null;
    remainders.add(remainder);
    weights[wan] = (weights[wan] ?? 0) + 1;
  }
  return denominator !== undefined && remainders.size === denominator ? weights : null;
}

function wanOf(
  { action, newConnectionMark, newRoutingMark }: SteeringRule,
  rules: readonly SteeringRule[],
  wans: readonly Wan[],
): number {
  const route = rules.find(
    (rule) =>
      rule.action === 'mark-routing' &&
      rule.connectionMark !== undefined &&
      rule.connectionMark === newConnectionMark,
  );
  const mark = action === 'mark-routing' ? newRoutingMark : route?.newRoutingMark;
  return wans.findIndex(({ routingMark }) => routingMark === mark);
}
