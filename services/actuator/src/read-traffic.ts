import type { Wan } from '@fairlead/model';
import { parseCounter, parseFlag, type RouterosSession } from '@fairlead/routeros';
import { type Family, IPV4, IPV6 } from './family.ts';
import { type Properties, readMenu } from './read-menu.ts';

/** Counters of a router at one time; the WANs are in the order of the inventory. */
export interface TrafficReading {
  readonly atMs: number;
  /** Packets that bound a connection to each WAN: the first one of each connection. Undefined where no rule does. */
  readonly bound: readonly (number | undefined)[];
  /** The same for IPv6, where that is steered. */
  readonly boundIpv6?: readonly (number | undefined)[];
  readonly rxBytes: readonly (number | undefined)[];
  readonly txBytes: readonly (number | undefined)[];
}

const RULE_PROPERTIES =
  '.id,chain,action,disabled,routing-mark,connection-mark,new-connection-mark,new-routing-mark,per-connection-classifier,packets';

/** The rules that mark, with their counters. @throws UnreadableError */
const readMarkingRules = (session: RouterosSession, { mangle }: Family): Promise<readonly Properties[]> =>
  readMenu(session, mangle, RULE_PROPERTIES, ['?action=mark-connection', '?action=mark-routing', '?#|'], {
    stats: '',
  });

/** Reads where connections went so far, and what the WANs carried. @throws UnreadableError */
export async function readTraffic(
  session: RouterosSession,
  wans: readonly Wan[],
  steersIpv6: boolean,
  nowMs: () => number,
): Promise<TrafficReading> {
  const [rules, ipv6Rules, interfaces] = await Promise.all([
    readMarkingRules(session, IPV4),
    steersIpv6 ? readMarkingRules(session, IPV6) : undefined,
    readMenu(session, '/interface', 'name,rx-byte,tx-byte', []),
  ]);
  const counterOf = (wan: Wan, property: string): number | undefined =>
    toNumber(interfaces.find((entry) => entry['name'] === wan.interface)?.[property]);
  return {
    atMs: nowMs(),
    bound: countBound(rules, wans),
    ...(ipv6Rules && { boundIpv6: countBound(ipv6Rules, wans) }),
    rxBytes: wans.map((wan) => counterOf(wan, 'rx-byte')),
    txBytes: wans.map((wan) => counterOf(wan, 'tx-byte')),
  };
}

const countBound = (rules: readonly Properties[], wans: readonly Wan[]): (number | undefined)[] =>
  wans.map((wan) => sumOf(bindingRules(rules, wan).map((rule) => toNumber(rule['packets']))));

/**
 * The rules that bind a new connection to a WAN: those that mark connections by the routing mark that the steering rule gave,
 * and those of PCC whose connection mark is routed to the WAN.
 */
function bindingRules(rules: readonly Properties[], { routingMark }: Wan): readonly Properties[] {
  const enabled = rules.filter((rule) => parseFlag(rule['disabled']) !== true);
  const routed = new Set(
    enabled
      .filter((rule) => rule['action'] === 'mark-routing' && rule['new-routing-mark'] === routingMark)
      .flatMap((rule) => rule['connection-mark'] ?? []),
  );
  return enabled.filter(
    (rule) =>
      rule['action'] === 'mark-connection' &&
      (rule['routing-mark'] === routingMark ||
        (rule['per-connection-classifier'] !== undefined && routed.has(rule['new-connection-mark'] ?? ''))),
  );
}

function sumOf(values: readonly (number | undefined)[]): number | undefined {
  if (values.length === 0) return undefined;
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

/** Counters beyond 2^53 lose their last bits, which no difference here needs. */
function toNumber(text: string | undefined): number | undefined {
  const counter = parseCounter(text);
  return counter === undefined ? undefined : Number(counter);
}
