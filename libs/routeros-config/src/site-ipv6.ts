/** How the addresses of clients become ones that the provider of a WAN carries. */
export interface Translation {
  /** Network of clients. */
  readonly from: string;
  /** The prefix that takes its place; absent where the address of the WAN takes that of the client. */
  readonly to?: string;
}

/** IPv6 of one uplink. */
export interface WanIpv6 {
  /** Of the provider's router, link-local with `%` and the interface, or the interface itself. */
  readonly gateway: string;
  /** Nothing of networks that the provider carries as they are. */
  readonly translations: readonly Translation[];
}

/** IPv6 of a site where it is steered. */
export interface SiteIpv6 {
  /** Networks whose connections are steered. */
  readonly lanNetworks: readonly string[];
  /** Networks that the router stands in, LAN and WAN; between them nothing is steered. */
  readonly connectedNetworks: readonly string[];
}
