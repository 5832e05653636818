import { type Endpoint, readEndpoint } from './endpoint.ts';

/** A line that a firewall rule with `log=yes` or `action=log` writes. */
export interface FirewallLine {
  readonly kind: 'firewall';
  /** `log-prefix` of the rule. */
  readonly prefix?: string;
  readonly chain: string;
  readonly inInterface: string;
  /** `(unknown 0)` for traffic to the router itself, `(none)` before RouterOS 6.40. */
  readonly outInterface?: string;
  readonly connectionMark?: string;
  readonly packetMark?: string;
  readonly connectionState?: string;
  /** `snat`, `dstnat` or both, for a connection that is translated. */
  readonly connectionNatState?: string;
  readonly srcMac?: string;
  readonly protocol: string;
  /** What follows the protocol in parentheses: TCP flags. */
  readonly tcpFlags?: string;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly srcAddress: string;
  readonly srcPort?: number;
  readonly dstAddress: string;
  readonly dstPort?: number;
  /** The source behind source NAT. */
  readonly natSrcAddress?: string;
  readonly natSrcPort?: number;
  /** The destination behind destination NAT. */
  readonly natDstAddress?: string;
  readonly natDstPort?: number;
  /** Priority before and behind the rule, such as `2->0`. */
  readonly priority?: string;
  /** Of the IP packet. */
  readonly lengthBytes: number;
}

/** The first chain ends the prefix: what follows it, such as the name of a PPPoE user, may be anybody's text. */
const opening = /^(?:(.*?) )?([^\s:]{1,128}): in:(.{1,128}?) out:(.{1,128}?), /;
const openingWithoutOut = /^(?:(.*?) )?([^\s:]{1,128}): in:(.{1,128}?), /;
const ordinary = /^[\w-]+$/;
/** A prefix that the chain follows without a space. */
const glued = /^(.*[^\w-])(input|forward|output|prerouting|postrouting|srcnat|dstnat)$/;
const closing =
  /^((?:.*[ ,])?)proto ([\w-]+)(?: \(([^)]*)\))?, ([^\s,]+)->([^\s,]+)(?:, NAT ([^\s,]+))?(?:, prio ([^\s,]+))?, len (\d{1,6})$/;
const state = /connection-state:([^\s,]+)(?:,([^\s]+?))?(?=,? |,?$)/;
const mark = /connection-mark:(\S+)/;
const packet = /packet-mark:(\S+)/;
const mac = /src-mac ([0-9a-f]{2}(?::[0-9a-f]{2}){5})/i;
const icmp = /^type (\d+), code (\d+)$/;

/** Reads the body of a `firewall` message, IPv4 or IPv6; undefined when it is not one. */
export function readFirewallLine(text: string): FirewallLine | undefined {
  if (!text.includes(': in:')) return undefined;
  const head = opening.exec(text) ?? openingWithoutOut.exec(text);
  if (!head) return undefined;
  const [start, prefix, chain = '', inInterface = '', outInterface] = head;
  const tail = closing.exec(text.slice(start.length));
  if (!tail) return undefined;
  const [, middle = '', protocol = '', detail, from = '', to = '', nat, priority, length] = tail;
  const source = readEndpoint(from);
  const destination = readEndpoint(to);
  if (!source || !destination) return undefined;
  const connection = state.exec(middle);
  const connectionMark = middle.includes('connection-mark:') ? mark.exec(middle)?.[1] : undefined;
  const packetMark = middle.includes('packet-mark:') ? packet.exec(middle)?.[1] : undefined;
  const srcMac = mac.exec(middle)?.[1];
  const line: Mutable<FirewallLine> = {
    kind: 'firewall',
    chain,
    inInterface,
    protocol,
    srcAddress: source.address,
    dstAddress: destination.address,
    lengthBytes: Number(length),
  };
  if (outInterface !== undefined) line.outInterface = outInterface;
  const joined = ordinary.test(chain) ? null : glued.exec(chain);
  if (joined) {
    line.chain = joined[2] ?? '';
    line.prefix = withoutRepetition(`${prefix === undefined ? '' : `${prefix} `}${joined[1] ?? ''}`);
  } else if (prefix !== undefined) line.prefix = withoutRepetition(prefix);
  if (connectionMark !== undefined) line.connectionMark = connectionMark;
  if (packetMark !== undefined) line.packetMark = packetMark;
  if (connection?.[1] !== undefined) line.connectionState = connection[1];
  if (connection?.[2] !== undefined) line.connectionNatState = connection[2];
  if (srcMac !== undefined) line.srcMac = srcMac;
  if (detail !== undefined) addDetail(line, detail);
  if (source.port !== undefined) line.srcPort = source.port;
  if (destination.port !== undefined) line.dstPort = destination.port;
  if (nat !== undefined) addNat(line, nat);
  if (priority !== undefined) line.priority = priority;
  return line;
}

/** While it is read; it is filled in place because a site under attack logs tens of thousands of these a second. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where the logging rule has the same prefix as the firewall rule it stands twice: `drop: drop`. */
function withoutRepetition(prefix: string): string {
  if (!prefix.includes(':')) return prefix;
  if (prefix.endsWith(':')) return prefix.slice(0, -1);
  const [first, second, third] = prefix.split(': ', 3);
  return first !== undefined && first === second && third === undefined ? first : prefix;
}

function addDetail(line: Mutable<FirewallLine>, detail: string): void {
  const match = icmp.exec(detail);
  if (!match) {
    line.tcpFlags = detail;
    return;
  }
  line.icmpType = Number(match[1]);
  line.icmpCode = Number(match[2]);
}

const translatedSource = /^\(([^()>]+)->([^()>]+)\)->/;
const translatedDestination = /->\(([^()>]+)->([^()>]+)\)$/;

/** `(source->new source)->destination`, `source->(destination->new destination)`, or both. */
function addNat(line: Mutable<FirewallLine>, nat: string): void {
  const source = translated(nat, translatedSource);
  const destination = translated(nat, translatedDestination);
  if (source) line.natSrcAddress = source.address;
  if (source?.port !== undefined) line.natSrcPort = source.port;
  if (destination) line.natDstAddress = destination.address;
  if (destination?.port !== undefined) line.natDstPort = destination.port;
}

function translated(nat: string, form: RegExp): Endpoint | undefined {
  const match = form.exec(nat);
  return match ? readEndpoint(match[2] ?? '') : undefined;
}
