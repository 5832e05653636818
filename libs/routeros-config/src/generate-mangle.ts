import type { Properties } from './configuration.ts';
import { divideParts } from './divide-parts.ts';
import { NEW_MARK } from './menu-facts.ts';
import { partsOf, weightOf, type SiteDescription, type SiteWan } from './site.ts';

/** A rule with the name that its comment gets; the steering rule has a comment of its own. */
export type NamedRule = readonly [id: string, properties: Properties];

export const LAN_LIST = 'fairlead-lan';
export const CONNECTED_LIST = 'fairlead-connected';
export const STEER = 'steer';
/** Before the number of a part. */
export const STEER_PART = 'steer-';

const NTH_CHAIN = 'fairlead-nth';

const fromLan = { chain: 'prerouting', 'src-address-list': LAN_LIST };
const newFromLan = {
  ...fromLan,
  'connection-mark': 'no-mark',
  'dst-address-list': `!${CONNECTED_LIST}`,
  'dst-address-type': '!local',
};

const toRouter = (wan: SiteWan): string => `fairlead-router-${wan.name}`;
const toLan = (wan: SiteWan): string => `fairlead-lan-${wan.name}`;
const sticky = (wan: SiteWan): string => `fairlead-sticky-${wan.name}`;
const markConnection = (mark: string): Properties => ({
  action: 'mark-connection',
  'new-connection-mark': mark,
});
const markRouting = (wan: SiteWan): Properties => ({
  action: 'mark-routing',
  'new-routing-mark': wan.routingMark,
});

/**
 * The mangle rules in their order. What came in by a WAN goes back by it; then new connections of the LAN are spread, made
 * sticky, and routed by their sticky mark, so that a change of the spreading moves no live connection. Source: MikroTik's
 * presentation "Bandwidth-based load-balancing with failover"; RouterOS manual, "Per connection classifier" and "Mangle".
 */
export function mangleRules(site: SiteDescription): NamedRule[] {
  const { wans } = site;
  const each = (id: string, rule: (wan: SiteWan) => Properties): NamedRule[] =>
    wans.map((wan) => [`${id}-${wan.name}`, rule(wan)]);
  return [
    ['connected', { ...fromConnected(), action: 'accept' }],
    ...each('in', (wan) => ({ chain: 'input', ...unmarkedFrom(wan), ...markConnection(toRouter(wan)) })),
    ...each('out', (wan) => ({ chain: 'output', 'connection-mark': toRouter(wan), ...markRouting(wan) })),
    ...each('forward', (wan) => ({ chain: 'forward', ...unmarkedFrom(wan), ...markConnection(toLan(wan)) })),
    ...each('back', (wan) => ({ ...fromLan, 'connection-mark': toLan(wan), ...markRouting(wan) })),
    ...spreading(site),
    ...(site.strategy === 'failover'
      ? []
      : each('route', (wan) => ({ ...fromLan, 'connection-mark': sticky(wan), ...markRouting(wan) }))),
  ];
}

function spreading(site: SiteDescription): NamedRule[] {
  const { strategy, wans } = site;
  const parts = partsOf(site);
  switch (strategy) {
    case 'balance':
      return steered(
        wans,
        wans
          .slice(0, 1)
          .map((wan) => [STEER, { ...fromLan, 'connection-mark': NEW_MARK, ...markRouting(wan) }]),
      );
    case 'pcc':
      if (parts !== undefined) {
        return steered(
          wans,
          divideParts(wans, parts).map((wan, part) => [
            `${STEER_PART}${part}`,
            {
              ...fromLan,
              'connection-mark': NEW_MARK,
              'per-connection-classifier': `both-addresses:${parts}/${part}`,
              ...markRouting(wan),
            },
          ]),
        );
      }
      return inBuckets(wans).map(([wan, bucket, buckets]) => [
        `pcc-${bucket}`,
        {
          ...newFromLan,
          ...markConnection(sticky(wan)),
          'per-connection-classifier': `both-addresses:${buckets}/${bucket}`,
        },
      ]);
    case 'nth':
      // In a chain of their own all rules see the same packets, so that their counters go round together.
      return [
        ['nth', { ...newFromLan, 'connection-state': 'new', action: 'jump', 'jump-target': NTH_CHAIN }],
        ...inBuckets(wans).map(([wan, bucket, buckets]): NamedRule => [
          `nth-${bucket}`,
          { chain: NTH_CHAIN, ...markConnection(sticky(wan)), nth: `${buckets},${bucket + 1}` },
        ]),
      ];
    case 'ecmp':
      // The router's hash chooses; the first packet that leaves says which WAN it was.
      return wans.map((wan) => [
        `sticky-${wan.name}`,
        {
          chain: 'forward',
          'connection-mark': 'no-mark',
          'out-interface': wan.interface,
          'src-address-list': LAN_LIST,
          ...markConnection(sticky(wan)),
        },
      ]);
    case 'failover':
      return [];
  }
}

/** New connections get a mark for their first packet, by which the steering rules route it; then they stick to its WAN. */
const steered = (wans: readonly SiteWan[], steering: readonly NamedRule[]): NamedRule[] => [
  ['new', { ...newFromLan, ...markConnection(NEW_MARK) }],
  ...steering,
  ...wans.map((wan): NamedRule => [
    `sticky-${wan.name}`,
    {
      chain: 'prerouting',
      'connection-mark': NEW_MARK,
      'routing-mark': wan.routingMark,
      ...markConnection(sticky(wan)),
    },
  ]),
];

const fromConnected = (): Properties => ({
  chain: 'prerouting',
  'dst-address-list': CONNECTED_LIST,
  'src-address-list': CONNECTED_LIST,
});

const unmarkedFrom = (wan: SiteWan): Properties => ({
  'connection-mark': 'no-mark',
  'in-interface': wan.interface,
});

/** Each WAN as often as it weighs, with the number of its bucket and how many there are. */
function inBuckets(wans: readonly SiteWan[]): [wan: SiteWan, bucket: number, buckets: number][] {
  const all = wans.flatMap((wan) => Array.from({ length: weightOf(wan) }, () => wan));
  return all.map((wan, bucket) => [wan, bucket, all.length]);
}
