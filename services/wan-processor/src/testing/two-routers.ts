import type { NewRecord } from '@fairlead/event-log';
import {
  CounterSource,
  encodeFrames,
  InterfaceCounters,
  inventorySchema,
  RouterState,
  SteeringRule,
} from '@fairlead/model';
import { topics } from '@fairlead/topics';

/** Time of the first samples. */
export const T0 = 1_763_600_000_000;
const CAPACITY_BPS = 10e6;

/** Two routers with two WANs each, that may flip at any time. */
export const inventory = inventorySchema.parse(
  ['gw1', 'gw2'].map((name) => ({
    name,
    site: 'depot',
    address: '192.0.2.1',
    api: { user: 'u', password: 'p' },
    wans: ['ISP1', 'ISP2'].map((wan) => ({
      name: wan,
      interface: wan.toLowerCase(),
      capacity: { rx: CAPACITY_BPS, tx: CAPACITY_BPS },
      routingMark: `to-${wan}`,
    })),
    steering: { policy: { dwellMs: 0, meanMs: 1 } },
  })),
);

/** Counters of a router in bytes received, so many seconds after the first. */
export const counters = (atS: number, load: Readonly<Record<string, number>>, router = 'gw1'): NewRecord => ({
  topic: topics.counters.name,
  key: router,
  value: encodeFrames(
    topics.counters.codec,
    Object.entries(load).map(([name, bytes]) => ({
      ...InterfaceCounters.decode(new Uint8Array()),
      timeMs: T0 + atS * 1_000,
      router,
      source: CounterSource.ROUTEROS_API,
      interface: name.toLowerCase(),
      rxBytes: BigInt(Math.round(bytes)),
      txBytes: 0n,
      running: true,
    })),
  ),
});

/** The state of a router whose one steering rule gives this mark. */
export const marked = (atS: number, mark: string, router = 'gw1'): NewRecord => ({
  topic: topics.routerState.name,
  key: router,
  value: encodeFrames(topics.routerState.codec, [
    {
      ...RouterState.decode(new Uint8Array()),
      timeMs: T0 + atS * 1_000,
      router,
      reachable: true,
      steeringRules: [
        {
          ...SteeringRule.decode(new Uint8Array()),
          id: '*1',
          chain: 'prerouting',
          action: 'mark-routing',
          comment: 'Load-Balancing here',
          newRoutingMark: mark,
          disabled: false,
          invalid: false,
          dynamic: false,
        },
      ],
    },
  ]),
});

/** Counters of a router whose ISP1 carries this share of its capacity second by second, and whose ISP2 a tenth. */
export function traffic(shares: readonly number[], { fromS = 0, router = 'gw1' } = {}): NewRecord[] {
  let [first, second] = [1_000, 1_000];
  return [0, ...shares].map((share, i) => {
    if (i > 0) {
      first += (share * CAPACITY_BPS) / 8;
      second += (0.1 * CAPACITY_BPS) / 8;
    }
    return counters(fromS + i, { ISP1: first, ISP2: second }, router);
  });
}
