import { ipv6Problems } from './generate-ipv6.ts';
import type { SiteIpv6, WanIpv6 } from './site-ipv6.ts';

/** How new connections are spread. */
export type Strategy = 'balance' | 'pcc' | 'ecmp' | 'nth' | 'failover';

/** One uplink of a site. Rates in bits per second. */
export interface SiteWan {
  readonly name: string;
  readonly interface: string;
  /** Address of the provider's router, or the interface itself (PPPoE). */
  readonly gateway: string;
  readonly capacity: { readonly rx: number; readonly tx: number };
  readonly routingMark: string;
  /** Share of new connections, a small whole number; 1 unless given. */
  readonly weight?: number;
  /** Two hosts beyond the gateway that no other WAN asks; the WAN is up while one of them answers. */
  readonly probeHosts: readonly [string, string];
  readonly ipv6?: WanIpv6;
}

/** What is to be configured on one router. */
export interface SiteDescription {
  readonly routerOs: { readonly major: 6 | 7; readonly minor: number };
  readonly strategy: Strategy;
  readonly wans: readonly SiteWan[];
  /** Networks whose connections are steered. */
  readonly lanNetworks: readonly string[];
  /** Networks that the router stands in, LAN and WAN; between them nothing is steered. */
  readonly connectedNetworks: readonly string[];
  /** Exact comment of the steering rule; the actuator finds it by that. */
  readonly steeringComment: string;
  /**
   * Strategy `pcc` with a policy that moves shares: in how many parts new connections are split, a steering rule for each
   * (`partComment`). Without it the shares are those of the weights for ever.
   */
  readonly parts?: number;
  /** Where IPv6 is steered as IPv4 is; nothing of IPv6 is made without it. */
  readonly ipv6?: SiteIpv6;
  readonly telemetry?: {
    readonly collector: string;
    readonly netflowPort: number;
    readonly syslogPort: number;
    readonly snmpCommunity?: string;
  };
  /** Who may log in for Fairlead, from where, and the certificate that the API shows. */
  readonly access?: { readonly controller: string; readonly certificate: string };
  /** Whether the router sets its steering rules back to what is generated when Fairlead is gone; `balance`, and `pcc` with `parts`. */
  readonly deadMan?: boolean;
}

/** What is wrong with a description, in words for who wrote it; empty when it can be configured. */
export function siteProblems(site: SiteDescription): string[] {
  const problems: string[] = [];
  const { wans } = site;
  if (wans.length < 2 || wans.length > 8) problems.push(`${wans.length} WANs: there must be 2 to 8`);
  const unique = (what: string, values: readonly string[]): void => {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) problems.push(`two WANs with one ${what}: ${twice}`);
  };
  unique(
    'name',
    wans.map(({ name }) => name),
  );
  unique(
    'interface',
    wans.map((wan) => wan.interface),
  );
  unique(
    'routing mark',
    wans.map(({ routingMark }) => routingMark),
  );
  unique(
    'probe host',
    wans.flatMap(({ probeHosts }) => probeHosts),
  );
  for (const wan of wans) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(wan.name))
      problems.push(`WAN "${wan.name}": letters, digits, "_", "." and "-"`);
    if (!(wan.capacity.rx > 0 && wan.capacity.tx > 0))
      problems.push(`WAN ${wan.name}: its capacity must be above 0`);
    if (wan.routingMark === '' || wan.routingMark === 'main') {
      problems.push(`WAN ${wan.name}: its routing mark must be a table of its own`);
    }
    const weight = weightOf(wan);
    if (!Number.isInteger(weight) || weight < 1 || weight > 100) {
      problems.push(`WAN ${wan.name}: its weight must be a whole number from 1 to 100`);
    } else if (weight !== 1 && site.strategy === 'ecmp' && site.routerOs.major === 7) {
      problems.push(`WAN ${wan.name}: RouterOS 7 has no weights for ECMP`);
    }
  }
  const parts = partsOf(site);
  if (parts !== undefined && !(Number.isInteger(parts) && parts >= wans.length && parts <= 64)) {
    problems.push(`${parts} parts of new connections: there must be one for each WAN, and 64 at most`);
  }
  if (site.deadMan === true && site.strategy !== 'balance' && parts === undefined) {
    problems.push(
      'dead man: only balance, and pcc with the policy weights or headroom with parts, have steering rules to set back',
    );
  }
  if (site.lanNetworks.length === 0) problems.push('no LAN network is given');
  problems.push(...ipv6Problems(site));
  return problems;
}

/** In how many parts a site is steered; undefined where one rule steers, or none. */
export const partsOf = ({ strategy, parts }: SiteDescription): number | undefined =>
  strategy === 'pcc' ? parts : undefined;

/** Comment of the steering rule for one part of new connections; it says what the classifier of the rule says. */
export const partComment = (steeringComment: string, parts: number, part: number): string =>
  `${steeringComment} ${parts}/${part}`;

export const weightOf = (wan: SiteWan): number => wan.weight ?? 1;
