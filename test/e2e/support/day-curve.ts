import {
  CounterSource,
  encodeFrames,
  InterfaceCounters,
  type Inventory,
  RouterState,
  SteeringRule,
} from '@fairlead/model';
import type { NewRecord } from '@fairlead/event-log';
import { randomNumbers } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';

/** What a fleet of routers shows second by second: the same for the same seed. */
export interface DayCurve {
  /** The states of all routers for all of the time; their marks are moved by somebody now and again. */
  states(): NewRecord[];
  /** The counters of all routers in the next second. */
  nextSecond(): NewRecord[];
}

/** Each load swings around the limits in 20 to 60 s, with noise. */
const PERIOD_S = { least: 20, most: 60 };
const SHARE = { mean: 0.65, swing: 0.35, noise: 0.2 };
/** As often are marks moved, so that one is known to the minute for as long as the processor remembers changes. */
const MOVE_EVERY_S = 45;

export function createDayCurve(
  seed: number,
  routers: Inventory,
  { startMs, seconds }: { readonly startMs: number; readonly seconds: number },
): DayCurve {
  const random = randomNumbers(seed);
  const lines = routers.flatMap((router) =>
    router.wans.map((wan) => ({
      router,
      wan,
      periodS: PERIOD_S.least + random() * (PERIOD_S.most - PERIOD_S.least),
      phaseS: random() * PERIOD_S.most,
      bytes: 0,
    })),
  );
  let second = 0;
  return {
    states: () =>
      routers.flatMap((router) => {
        const records: NewRecord[] = [];
        for (let atS = 0; atS < seconds; atS += MOVE_EVERY_S) {
          const wan = router.wans[Math.floor(random() * router.wans.length)];
          // Half a second before a sample, so that which one it is for does not hang on rounding.
          const timeMs = startMs + atS * 1_000 - 500;
          records.push(stateRecord(router.name, timeMs, wan?.routingMark ?? ''));
        }
        return records;
      }),
    nextSecond() {
      const timeMs = startMs + second * 1_000;
      for (const line of lines) {
        const swing = Math.sin((2 * Math.PI * (second + line.phaseS)) / line.periodS);
        const share = SHARE.mean + SHARE.swing * swing + SHARE.noise * (random() - 0.5);
        line.bytes += Math.round((share * line.wan.capacity.rx) / 8);
      }
      second += 1;
      return routers.map(({ name }) => ({
        topic: topics.counters.name,
        key: name,
        value: encodeFrames(
          topics.counters.codec,
          lines
            .filter(({ router }) => router.name === name)
            .map(({ wan, bytes }) => ({
              ...InterfaceCounters.decode(new Uint8Array()),
              timeMs,
              router: name,
              source: CounterSource.ROUTEROS_API,
              interface: wan.interface,
              rxBytes: BigInt(bytes),
              txBytes: 0n,
              running: true,
            })),
        ),
      }));
    },
  };
}

function stateRecord(router: string, timeMs: number, mark: string): NewRecord {
  const rule: SteeringRule = {
    ...SteeringRule.decode(new Uint8Array()),
    id: '*1',
    chain: 'prerouting',
    action: 'mark-routing',
    comment: 'Load-Balancing here',
    newRoutingMark: mark,
  };
  const state: RouterState = {
    ...RouterState.decode(new Uint8Array()),
    timeMs,
    router,
    reachable: true,
    steeringRules: [rule],
  };
  return {
    topic: topics.routerState.name,
    key: router,
    value: encodeFrames(topics.routerState.codec, [state]),
  };
}
