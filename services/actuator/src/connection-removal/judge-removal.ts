import type { Wan } from '@fairlead/model';
import { isHeld, rivalOf } from '../lease.ts';
import type { RemovalReadings } from './read-connections.ts';

/** Whether connections may be removed now. */
export type RemovalVerdict =
  | { readonly kind: 'go'; readonly isHeld: boolean }
  /** Not yet. */
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The WAN that is down, and what is known beside what the router says. */
export interface RemovalCase {
  readonly wan: Wan;
  readonly wans: readonly Wan[];
  /** Comment of the steering rule, or what the comments of the rules of weights begin with. */
  readonly rule: string;
  readonly holder: string;
  readonly isKnownDown: (wan: string) => boolean;
  /** How long ago it was told that the WAN is down. */
  readonly toldMsAgo: number;
}

/** What only probes told is believed for so long; what the router itself says is read anew each time. */
const TRUSTED_MS = 60_000;

/**
 * Connections are removed only for something better: when every WAN that new ones are sent to runs, is routed and is not
 * known to be down itself. Pure; every doubt waits or refuses.
 */
export function judgeRemoval(aCase: RemovalCase, readings: RemovalReadings): RemovalVerdict {
  const { wan, wans, rule, holder, isKnownDown, toldMsAgo } = aCase;
  const rival = rivalOf(readings.lease, holder);
  if (rival !== undefined)
    return { kind: 'refused', reason: `another Fairlead steers this router: "${rival}"` };
  const isUsable = (other: Wan): boolean =>
    readings.running.has(other.interface) && readings.routedTables.has(other.routingMark);
  if (isUsable(wan) && toldMsAgo > TRUSTED_MS) {
    return {
      kind: 'refused',
      reason: `its state is stale: that it is down was told ${Math.round(toldMsAgo / 1_000)} s ago, and the router itself does not say so`,
    };
  }
  const leading = readings.routingRules.filter(({ comment = '' }) => isOf(rule, comment));
  if (leading.length === 0) return wait(`no rule has the comment "${rule}"`);
  for (const mark of new Set(leading.map((entry) => entry['new-routing-mark'] ?? ''))) {
    const target = wans.find(({ routingMark }) => routingMark === mark);
    if (!target) return wait(`new connections are sent by ${mark}, which is no WAN of the inventory`);
    if (target === wan) return wait(`new connections are still sent by ${wan.name}`);
    if (!isUsable(target) || isKnownDown(target.name))
      return wait(`no WAN would be left: new connections are sent by ${target.name}, which is down too`);
  }
  return { kind: 'go', isHeld: isHeld(readings.lease, holder) };
}

/** The rule itself, or one of the parts of a policy that shares. */
const isOf = (rule: string, comment: string): boolean =>
  comment.startsWith(rule) && /^(?: \d+\/\d+)?$/.test(comment.slice(rule.length));

const wait = (reason: string): RemovalVerdict => ({ kind: 'wait', reason });
