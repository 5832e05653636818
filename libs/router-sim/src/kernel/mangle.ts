import type { ConfigItem } from '../config/config-table.ts';

/** What the matchers of a mangle rule can ask about a packet. */
export interface PacketFacts {
  readonly chain: string;
  readonly inInterface: string;
  readonly sourceLists: readonly string[];
  readonly destinationLists: readonly string[];
  readonly destinationIsLocal: boolean;
  /** `no-mark` for none. */
  readonly connectionMark: string;
  readonly connectionState: 'new' | 'established';
  /** Whether a rule that spreads connections (PCC, Nth) takes this one; such matchers are passed over where it is absent. */
  readonly classify?: (rule: ConfigItem) => boolean;
}

export interface Passage {
  readonly connectionMark: string;
  /** Undefined when no rule set one: the packet goes by table main. */
  readonly routingMark: string | undefined;
  /** Ids of the rules that counted the packet. */
  readonly matched: readonly string[];
}

const DEEPEST_JUMP = 16;

/** Takes a packet through the rules of a chain, marks changing on the way, as documented for mangle. */
export function traverseMangle(rules: readonly ConfigItem[], packet: PacketFacts): Passage {
  let connectionMark = packet.connectionMark;
  let routingMark: string | undefined;
  const matched: string[] = [];
  /** @returns whether the packet is through with all of it */
  const traverse = (chain: string, depth: number): boolean => {
    for (const rule of rules) if (pass(rule, chain, depth)) return rule.properties['action'] !== 'return';
    return false;
  };
  const pass = (rule: ConfigItem, chain: string, depth: number): boolean => {
    const { id, properties } = rule;
    const facts: Record<string, (value: string) => boolean> = {
      chain: (value) => value === chain,
      'in-interface': (value) => value === packet.inInterface,
      'src-address-list': (value) => packet.sourceLists.includes(value),
      'dst-address-list': (value) => packet.destinationLists.includes(value),
      'dst-address-type': (value) => packet.destinationIsLocal === (value === 'local'),
      'connection-mark': (value) => value === connectionMark,
      'connection-state': (value) => value.split(',').includes(packet.connectionState),
      'routing-mark': (value) => value === routingMark,
    };
    if (properties['disabled'] === 'true') return false;
    const matches = Object.entries(facts).every(([name, holds]) => {
      const value = properties[name];
      if (value === undefined) return true;
      return value.startsWith('!') ? !holds(value.slice(1)) : holds(value);
    });
    if (!matches || packet.classify?.(rule) === false) return false;
    matched.push(id);
    if (properties['action'] === 'accept' || properties['action'] === 'return') return true;
    if (properties['action'] === 'jump') {
      return depth < DEEPEST_JUMP && traverse(properties['jump-target'] ?? '', depth + 1);
    }
    if (properties['action'] === 'mark-connection') {
      connectionMark = properties['new-connection-mark'] ?? connectionMark;
    }
    if (properties['action'] === 'mark-routing') routingMark = properties['new-routing-mark'] ?? routingMark;
    return properties['passthrough'] === 'false';
  };
  traverse(packet.chain, 0);
  return { connectionMark, routingMark, matched };
}
