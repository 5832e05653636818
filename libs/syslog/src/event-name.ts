/** What is known of the names in a message before it is read. */
export interface KnownNames {
  /** The message came with topics, or from a router: its words are RouterOS's own. */
  readonly isRouteros: boolean;
  /** The prefix of a logging rule has been taken off already. */
  readonly isBehindPrefix?: boolean;
  /** Interfaces of the router, where they are known. */
  readonly interfaces?: ReadonlySet<string> | undefined;
}

/** A first word that is sooner an interface than the prefix of a logging rule: how RouterOS names them. */
const interfaceLike =
  /^<|^(?:bond|bonding|br|bridge|combo|eoip|ether|gre|ipip|l2tp|lo|lte|macvlan|ovpn|ppp|pppoe|pptp|qsfp|sfp|sstp|veth|vlan|vpls|vrrp|vxlan|wg|wifi|wireguard|wlan)[\w.-]*$/i;

/**
 * A name as RouterOS wrote it, without the `prefix: ` of a logging rule. Names may hold `: ` as well, and nothing in the
 * text tells the two apart: an interface that is known decides, then whether the first word is called as interfaces are.
 * A prefix is one word. Undefined when it is no name that RouterOS would write there.
 */
export function readName(
  text: string,
  { isRouteros, isBehindPrefix, interfaces }: KnownNames,
): string | undefined {
  if (!text.includes(':')) return text;
  if (interfaces?.has(text)) return text;
  if (text.endsWith(':')) return undefined;
  const colon = text.indexOf(': ');
  if (colon === -1) return text;
  const first = text.slice(0, colon);
  const rest = text.slice(colon + 2);
  if (interfaces?.has(rest)) return rest;
  if (interfaceLike.test(first)) return text;
  const name = isBehindPrefix || /[\s:]/.test(first) || first.length > 64 ? text : rest;
  return isRouteros || !name.includes(': ') ? name : undefined;
}
