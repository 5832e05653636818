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
}

export interface Passage {
  readonly connectionMark: string;
  /** Undefined when no rule set one: the packet goes by table main. */
  readonly routingMark: string | undefined;
  /** Ids of the rules that counted the packet. */
  readonly matched: readonly string[];
}

/** Takes a packet through the rules of a chain, marks changing on the way, as documented for mangle. */
export function traverseMangle(rules: readonly ConfigItem[], packet: PacketFacts): Passage {
  let connectionMark = packet.connectionMark;
  let routingMark: string | undefined;
  const matched: string[] = [];
  for (const { id, properties } of rules) {
    const facts: Record<string, (value: string) => boolean> = {
      chain: (value) => value === packet.chain,
      'in-interface': (value) => value === packet.inInterface,
      'src-address-list': (value) => packet.sourceLists.includes(value),
      'dst-address-list': (value) => packet.destinationLists.includes(value),
      'dst-address-type': (value) => packet.destinationIsLocal === (value === 'local'),
      'connection-mark': (value) => value === connectionMark,
      'connection-state': (value) => value.split(',').includes(packet.connectionState),
      'routing-mark': (value) => value === routingMark,
    };
    if (properties['disabled'] === 'true') continue;
    const matches = Object.entries(facts).every(([name, holds]) => {
      const value = properties[name];
      if (value === undefined) return true;
      return value.startsWith('!') ? !holds(value.slice(1)) : holds(value);
    });
    if (!matches) continue;
    matched.push(id);
    if (properties['action'] === 'accept') break;
    if (properties['action'] === 'mark-connection') {
      connectionMark = properties['new-connection-mark'] ?? connectionMark;
    }
    if (properties['action'] === 'mark-routing') routingMark = properties['new-routing-mark'] ?? routingMark;
    if (properties['passthrough'] === 'false') break;
  }
  return { connectionMark, routingMark, matched };
}
