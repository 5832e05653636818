import type { ConfigItem, Properties } from '../config/config-table.ts';

/** What the rules mean beyond themselves. */
export interface NftSite {
  /** Addresses and networks of an address list, as nftables writes them. */
  readonly addressList: (name: string) => readonly string[];
  /** Interfaces whose traffic leaves with their own address. */
  readonly wanInterfaces: readonly string[];
}

/** The rule set of a router, and the numbers that stand in it for the names of marks. */
export interface NftRuleset {
  /** To be read by `nft -f`; takes the place of the one before in one step, and its counters go on. */
  readonly text: string;
  /** From 1 on, in the order in which the rules name them. */
  readonly routingMarks: ReadonlyMap<string, number>;
  readonly connectionMarks: ReadonlyMap<string, number>;
}

const TABLE = 'inet router';

/** Where RouterOS's chains of mangle stand in the path of a packet, and masquerading behind them. */
const HOOKS: Readonly<Record<string, string>> = {
  prerouting: 'filter hook prerouting priority mangle',
  input: 'filter hook input priority mangle',
  forward: 'filter hook forward priority mangle',
  // Of this type a new mark leads to another route.
  output: 'route hook output priority mangle',
  postrouting: 'filter hook postrouting priority mangle',
  srcnat: 'nat hook postrouting priority srcnat',
};

/** Properties that say nothing about which packets a rule takes. */
const NO_MATCHERS = new Set([
  'chain',
  'action',
  'passthrough',
  'comment',
  'disabled',
  'new-connection-mark',
  'new-routing-mark',
  'jump-target',
  'log',
]);

/**
 * Writes mangle rules for nftables. A connection mark is a mark of connection tracking, a routing mark that of the packet,
 * so that both change on the way through a chain as they do on a router. The hash of a per-connection classifier is not
 * RouterOS's: connections are spread the same way, but not the same connections.
 * Source: RouterOS manual, "Mangle" and "Per connection classifier"; nft(8).
 * @throws RangeError on a rule that this cannot express
 */
export function mangleToNft(rules: readonly ConfigItem[], site: NftSite): NftRuleset {
  const routingMarks = new Map<string, number>();
  const connectionMarks = new Map<string, number>();
  const ownChains = new Map<string, number>();
  const names = {
    chain: (name: string): string => (Object.hasOwn(HOOKS, name) ? name : `own_${numberOf(ownChains, name)}`),
    routing: (name: string): number => numberOf(routingMarks, name),
    connection: (name: string): number => (name === 'no-mark' ? 0 : numberOf(connectionMarks, name)),
  };
  const enabled = rules.filter(({ properties }) => properties['disabled'] !== 'true');
  const ruleLines = enabled.map((rule) => {
    const chain = names.chain(required(rule, 'chain'));
    return `add rule ${TABLE} ${chain} ${nftRule(rule, site, names)}`;
  });
  const chains = [...Object.keys(HOOKS), ...[...ownChains.values()].map((number) => `own_${number}`)];
  const text = [
    `table ${TABLE} {`,
    ...rules.map(({ id }) => `  counter ${counterName(id)} { }`),
    ...chains.map((chain) => {
      const hook = HOOKS[chain];
      return `  chain ${chain} {${hook === undefined ? '' : ` type ${hook}; policy accept;`} }`;
    }),
    '}',
    ...chains.map((chain) => `flush chain ${TABLE} ${chain}`),
    ...ruleLines,
    `add rule ${TABLE} srcnat oifname { ${site.wanInterfaces.map((name) => `"${name}"`).join(', ')} } masquerade`,
    '',
  ].join('\n');
  return { text, routingMarks, connectionMarks };
}

/** The counter of a rule, by its `.id`. */
export const counterName = (id: string): string => `rule_${id.replace('*', '')}`;

/** What stands in the rule set for a name of the router. */
interface Names {
  readonly chain: (name: string) => string;
  readonly routing: (name: string) => number;
  readonly connection: (name: string) => number;
}

function nftRule(rule: ConfigItem, site: NftSite, names: Names): string {
  const { id, properties } = rule;
  const matches = Object.entries(properties)
    .filter(([name]) => !NO_MATCHERS.has(name))
    .map(([name, value]) => {
      const match = matcher(name, value, site, names);
      if (match === undefined) throw refusal(rule, name);
      return match;
    });
  return [...matches, `counter name "${counterName(id)}"`, ...verdict(rule, names)].join(' ');
}

function matcher(name: string, given: string, site: NftSite, names: Names): string | undefined {
  const isNot = given.startsWith('!');
  const value = isNot ? given.slice(1) : given;
  const not = isNot ? '!= ' : '';
  switch (name) {
    case 'in-interface':
      return `iifname ${not}"${value}"`;
    case 'out-interface':
      return `oifname ${not}"${value}"`;
    case 'src-address':
      return `ip saddr ${not}${value}`;
    case 'dst-address':
      return `ip daddr ${not}${value}`;
    case 'src-address-list':
      return `ip saddr ${not}${addressSet(site, value)}`;
    case 'dst-address-list':
      return `ip daddr ${not}${addressSet(site, value)}`;
    case 'dst-address-type':
      return `fib daddr type ${not}${value}`;
    case 'connection-mark':
      return `ct mark ${not}${names.connection(value)}`;
    case 'routing-mark':
      return `meta mark ${not}${names.routing(value)}`;
    case 'connection-state':
      return `ct state ${not}${value}`;
    case 'protocol':
      return `meta l4proto ${not}${value}`;
    case 'per-connection-classifier':
      return isNot ? undefined : classifier(value);
    case 'nth':
      return isNot ? undefined : nth(value);
    default:
      return undefined;
  }
}

const CLASSIFIED: Readonly<Record<string, string>> = {
  'both-addresses': 'ip saddr . ip daddr',
  'src-address': 'ip saddr',
  'dst-address': 'ip daddr',
  'both-addresses-and-ports': 'ip saddr . ip daddr . th sport . th dport',
  'src-address-and-port': 'ip saddr . th sport',
  'dst-address-and-port': 'ip daddr . th dport',
};

/** `both-addresses-and-ports:3/0`: of three classes the first. */
function classifier(value: string): string | undefined {
  const [, fields = '', count, remainder] = /^([a-z-]+):(\d+)\/(\d+)$/.exec(value) ?? [];
  const hashed = CLASSIFIED[fields];
  return hashed && `jhash ${hashed} mod ${count} seed 1 == ${remainder}`;
}

/** `2,1`: the first of every two. */
function nth(value: string): string | undefined {
  const [, every, which] = /^(\d+),(\d+)$/.exec(value) ?? [];
  return every && which && `numgen inc mod ${every} == ${Number(which) - 1}`;
}

function addressSet({ addressList }: NftSite, name: string): string {
  const members = addressList(name);
  // An empty list matches nothing, which nftables cannot write as a set.
  return members.length === 0 ? '255.255.255.255' : `{ ${members.join(', ')} }`;
}

function verdict(rule: ConfigItem, names: Names): readonly string[] {
  const { properties } = rule;
  switch (properties['action'] ?? 'accept') {
    case 'accept':
      return ['accept'];
    case 'passthrough':
      return [];
    case 'jump':
      return [`jump ${names.chain(required(rule, 'jump-target'))}`];
    case 'mark-connection':
      return [
        `ct mark set ${names.connection(required(rule, 'new-connection-mark'))}`,
        ...goesOn(properties),
      ];
    case 'mark-routing':
      return [`meta mark set ${names.routing(required(rule, 'new-routing-mark'))}`, ...goesOn(properties)];
    default:
      throw refusal(rule, 'action');
  }
}

const goesOn = ({ passthrough }: Properties): readonly string[] =>
  passthrough === 'false' ? ['accept'] : [];

function required(rule: ConfigItem, name: string): string {
  const value = rule.properties[name];
  if (value === undefined) throw refusal(rule, name);
  return value;
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name) ?? numbers.size + 1;
  numbers.set(name, known);
  return known;
}

const refusal = ({ id, properties }: ConfigItem, name: string): RangeError =>
  new RangeError(`mangle rule ${id}: ${name}=${properties[name] ?? ''} is not known here`);
