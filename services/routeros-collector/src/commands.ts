/** Menus that are read once an interval. */
const counted = ['/interface', '/system/resource', '/ip/firewall/mangle'] as const;
/** Menus that are read now and again. */
const listed = [
  '/system/identity',
  '/ip/address',
  '/ipv6/address',
  '/ip/route',
  '/ipv6/route',
  '/routing/table',
  '/tool/netwatch',
  '/ipv6/firewall/mangle',
  '/ip/firewall/filter',
  '/ipv6/firewall/filter',
  '/tool/traffic-monitor',
  '/system/scheduler',
  '/system/script',
] as const;

export type Menu = (typeof counted)[number] | (typeof listed)[number];

/** Goes on until the session ends. */
export const NETWATCH_LISTEN = '/tool/netwatch/listen';

/** All that a session of this service can send. */
export const readCommands = [
  ...[...counted, ...listed].map((menu) => `${menu}/print` as const),
  NETWATCH_LISTEN,
  '/ping',
] as const;
