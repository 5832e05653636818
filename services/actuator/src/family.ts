/** Where a router keeps what steers one version of IP. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  readonly mangle: string;
  readonly filter: string;
  readonly route: string;
  /** Destination of a default route. */
  readonly everything: string;
}

export const IPV4: Family = {
  name: 'IPv4',
  mangle: '/ip/firewall/mangle',
  filter: '/ip/firewall/filter',
  route: '/ip/route',
  everything: '0.0.0.0/0',
};

export const IPV6: Family = {
  name: 'IPv6',
  mangle: '/ipv6/firewall/mangle',
  filter: '/ipv6/firewall/filter',
  route: '/ipv6/route',
  everything: '::/0',
};
