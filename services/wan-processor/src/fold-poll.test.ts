import { CounterSource, InterfaceCounters, inventorySchema, RateClock } from '@fairlead/model';
import type { NoRateReason } from '@fairlead/counters';
import { describe, expect, it } from 'vitest';
import { wanProcessorConfigSchema } from './config.ts';
import { foldPoll, type Poll, type PolledWan, type PollOutput } from './fold-poll.ts';
import type { RouterMemory } from './router-memory.ts';
import { planRouters, type RouterPlan } from './router-plan.ts';

const { ROUTEROS_API: API, SNMP } = CounterSource;

function plan(steering: object): RouterPlan {
  const inventory = inventorySchema.parse([
    {
      name: 'gw1',
      site: 'depot',
      address: '192.0.2.1',
      api: { user: 'u', password: 'p' },
      snmp: { community: 'c' },
      wans: ['ISP1', 'ISP2'].map((name) => ({
        name,
        interface: name.toLowerCase(),
        capacity: { rx: '10M', tx: '1M' },
        routingMark: `to-${name}`,
      })),
      steering: { policy: { samples: { breached: 1, of: 1 } }, ...steering },
    },
  ]);
  const made = planRouters(inventory, wanProcessorConfigSchema.parse({})).get('gw1');
  if (!made) throw new Error('no plan');
  return made;
}

interface Read {
  readonly atS: number;
  readonly source?: CounterSource;
  /** Bits per second by WAN, or why there is no rate. */
  readonly wans: Readonly<Record<string, number | NoRateReason>>;
  readonly forS?: number;
  readonly running?: boolean;
  /** Weights of new connections as read from the router. */
  readonly active?: number[];
  readonly unrouted?: string[];
  readonly probed?: Record<string, boolean>;
  /** Of three pings through each WAN: how many were answered, in 20 ms. */
  readonly answered?: Readonly<Record<string, number>>;
  readonly zoneOffsetMinutes?: number;
  readonly tooOld?: boolean;
}

function polls(reads: readonly Read[], steering = {}): { outputs: PollOutput[]; story: string[] } {
  const aPlan = plan(steering);
  let memory: RouterMemory | undefined;
  const outputs = reads.map(
    ({
      atS,
      source = API,
      wans,
      forS = 1,
      running = true,
      active,
      unrouted = [],
      probed = {},
      answered = {},
      zoneOffsetMinutes = 0,
      tooOld = false,
    }) => {
      const timeMs = atS * 1_000;
      const poll: Poll = {
        plan: aPlan,
        timeMs,
        source,
        facts: active === undefined ? undefined : { weights: active, unrouted, probed },
        zoneOffsetMinutes,
        tooOld,
        wans: aPlan.router.wans.flatMap((wan): PolledWan[] => {
          const read = wans[wan.name];
          if (read === undefined) return [];
          const probesAnswered = answered[wan.name];
          const counters = {
            ...InterfaceCounters.decode(new Uint8Array()),
            ...{ timeMs, source, running },
            ...(probesAnswered === undefined ? {} : { probesSent: 3, probesAnswered, probeRttMs: 20 }),
          };
          if (typeof read === 'string') return [{ wan, counters, result: { kind: 'none', reason: read } }];
          const interval = { intervalMs: forS * 1_000, fromMs: timeMs - forS * 1_000, toMs: timeMs };
          const rate = { rxBps: read, txBps: 0, clock: RateClock.ARRIVAL, ...interval };
          return [{ wan, counters, result: { kind: 'rate', rate } }];
        }),
      };
      const step = foldPoll(memory, poll);
      memory = step.state;
      return step.result;
    },
  );
  const story = outputs.flatMap(({ utilisation, events, decisions, unused }) => [
    ...utilisation.map((made) => `${made.timeMs / 1_000}s ${made.wan} ${Math.round(made.rxUtil * 100)}%`),
    ...unused.map((reason) => `unused: ${reason}`),
    ...events.map((made) => made.id),
    ...decisions.map((made) => `${made.id}: ${made.fromWan}->${made.toWan}`),
  ]);
  return { outputs, story };
}

describe('foldPoll', () => {
  it('gives the share of the contracted capacity, and whether new connections go there', () => {
    const { outputs } = polls([{ atS: 1, wans: { ISP1: 5e6, ISP2: 1e6 }, active: [1, 0] }]);
    expect(outputs[0]?.utilisation).toEqual([
      {
        timeMs: 1_000,
        site: 'depot',
        router: 'gw1',
        wan: 'ISP1',
        interface: 'isp1',
        rxBps: 5e6,
        txBps: 0,
        rxUtil: 0.5,
        txUtil: 0,
        intervalMs: 1_000,
        clock: RateClock.ARRIVAL,
        active: true,
        running: true,
      },
      expect.objectContaining({ wan: 'ISP2', rxUtil: 0.1, active: false }),
    ]);
  });

  it('does not guess which WAN is active', () => {
    const { outputs } = polls([{ atS: 1, wans: { ISP1: 9.5e6, ISP2: 0 } }]);
    expect(outputs[0]).toMatchObject({
      utilisation: [{ active: undefined }, { active: undefined }],
      decisions: [],
    });
  });

  it('turns a breach into an event and a decision', () => {
    const { outputs } = polls([{ atS: 1, wans: { ISP1: 9.5e6, ISP2: 1e6 }, active: [1, 0] }]);
    expect(outputs[0]).toMatchObject({
      events: [
        {
          id: 'gw1/ISP1/threshold-above/1000',
          site: 'depot',
          kind: 'threshold-above',
          message: 'ISP1: 95 % of its capacity, above 80 % in 1 of 1 samples',
          value: 0.95,
          limit: 0.8,
        },
      ],
      decisions: [
        {
          id: 'gw1/1000',
          site: 'depot',
          router: 'gw1',
          policy: 'spill',
          fromMark: 'to-ISP1',
          toMark: 'to-ISP2',
        },
      ],
    });
  });

  it('leaves a WAN whose route the router took out of use', () => {
    const quiet = { ISP1: 1e6, ISP2: 1e6 };
    const { outputs } = polls([
      { atS: 1, wans: quiet, active: [1, 0] },
      { atS: 2, wans: quiet, active: [1, 0], unrouted: ['ISP1'] },
    ]);
    expect(outputs.map(({ hold }) => hold)).toEqual(['within-limits', undefined]);
    expect(outputs[1]?.decisions).toMatchObject([
      { toWan: 'ISP2', emergency: true, reason: 'to ISP2: ISP1 is down' },
    ]);
    expect(outputs[1]?.events).toMatchObject([
      {
        kind: 'upstream-down',
        wan: 'ISP1',
        message: 'ISP1: what lies beyond its gateway is out of reach; its default route is not in use',
      },
    ]);
  });

  it('sees a dead upstream behind a live gateway, leaves it, and comes back after it recovered', () => {
    const at = (fromS: number, seconds: number, probed: Record<string, boolean>, active: number[]): Read[] =>
      Array.from({ length: seconds }, (_, i) => ({
        atS: fromS + i,
        wans: { ISP1: 1e6, ISP2: 1e6 },
        probed,
        active,
      }));
    const { story } = polls(
      [
        ...at(1, 5, { ISP1: true }, [1, 0]),
        ...at(6, 3, { ISP1: false }, [1, 0]),
        ...at(9, 3, { ISP1: false }, [0, 1]),
        ...at(12, 57, { ISP1: true }, [0, 1]),
      ],
      { policy: { samples: { breached: 3, of: 5 } } },
    );
    expect(story.filter((line) => line.startsWith('gw1'))).toEqual([
      'gw1/ISP1/upstream-down/8000',
      'gw1/8000: ISP1->ISP2',
      'gw1/ISP1/upstream-up/16000',
      'gw1/68000: ISP2->ISP1',
    ]);
  });

  it('believes the pings through a WAN more than netwatch', () => {
    const at = (fromS: number, seconds: number, answered: number, active: number[]): Read[] =>
      Array.from({ length: seconds }, (_, i) => ({
        ...{ atS: fromS + i, wans: { ISP1: 1e6, ISP2: 1e6 }, active },
        // Netwatch says so each time, the pings every other time.
        probed: { ISP1: true, ISP2: true },
        answered: i % 2 === 0 ? { ISP1: answered, ISP2: 3 } : {},
      }));
    const { story, outputs } = polls(
      [...at(1, 6, 3, [1, 0]), ...at(7, 5, 0, [1, 0]), ...at(12, 2, 0, [0, 1]), ...at(14, 68, 3, [0, 1])],
      { policy: { samples: { breached: 3, of: 5 } } },
    );
    expect(story.filter((line) => line.startsWith('gw1'))).toEqual([
      'gw1/ISP1/upstream-down/11000',
      'gw1/11000: ISP1->ISP2',
      'gw1/ISP1/upstream-up/22000',
      'gw1/71000: ISP2->ISP1',
    ]);
    const [isp1, isp2] = outputs[6]?.utilisation ?? [];
    expect(isp1).toMatchObject({ probeLoss: 1 });
    expect(isp2).toMatchObject({ probeLoss: 0, probeRttMs: 20 });
    expect(outputs[7]?.utilisation[0]?.probeLoss).toBeUndefined();
  });

  it('neither leaves nor flaps where one ping in twenty is lost', () => {
    let seed = 7;
    const isAnswered = (): boolean => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32 >= 0.05;
    };
    const answered = (): number => [isAnswered(), isAnswered(), isAnswered()].filter(Boolean).length;
    const dead = (i: number): boolean => i >= 500 && i < 600;
    let at = [1, 0];
    const reads = Array.from({ length: 1_500 }, (_, i): Read => {
      if (i === 505) at = [0, 1];
      if (i === 700) at = [1, 0];
      return {
        ...{ atS: i + 1, wans: { ISP1: 1e6, ISP2: 1e6 }, active: at },
        answered: i % 2 === 0 ? { ISP1: dead(i) ? 0 : answered(), ISP2: answered() } : {},
      };
    });
    const kinds = polls(reads, { policy: { samples: { breached: 3, of: 5 } } }).outputs.flatMap(
      ({ events }) =>
        events.map(({ kind, wan, timeMs }) => `${kind} ${wan} ${timeMs < 600_000 ? 'before' : 'after'}`),
    );
    expect(kinds).toEqual(['upstream-down ISP1 before', 'upstream-up ISP1 after']);
  });

  it('obeys the orders of the configuration: stopped, locked, pinned', () => {
    const last = (steering: object): PollOutput | undefined =>
      polls([{ atS: 1, wans: { ISP1: 9.5e6, ISP2: 1e6 }, active: [1, 0] }], steering).outputs[0];
    expect(last({ stopped: true })).toMatchObject({ decisions: [], hold: 'stopped' });
    expect(last({ locked: true })).toMatchObject({ decisions: [], hold: 'locked' });
    expect(last({ pin: { wan: 'ISP1', until: '1970-01-01T00:01:00Z' } })?.hold).toBe('pinned');
    expect(last({ pin: { wan: 'ISP1', until: '1970-01-01T00:00:01Z' } })?.decisions).toHaveLength(1);
  });

  it('keeps the hours of the site, in its zone', () => {
    const schedules = [{ days: ['thu'], from: '03:00', to: '04:00', avoid: ['ISP1'] }];
    const decided = (zoneOffsetMinutes: number): unknown[] =>
      polls([{ atS: 1, wans: { ISP1: 1e6, ISP2: 1e6 }, active: [1, 0], zoneOffsetMinutes }], {
        schedules,
      }).outputs[0]?.decisions.map(({ toWan }) => toWan) ?? [];
    expect(decided(0)).toEqual([]);
    expect(decided(180)).toEqual(['ISP2']);
  });

  it('gives the weights of all WANs where they share', () => {
    const loads = { ISP1: 9e6, ISP2: 0 };
    const { outputs } = polls([{ atS: 1, wans: loads, active: [10, 0] }], {
      policy: { kind: 'weights', samples: { breached: 1, of: 1 } },
    });
    expect(outputs[0]?.decisions).toMatchObject([
      { policy: 'weights', toWan: '', toMark: '', wans: ['ISP1', 'ISP2'], fromWeights: [10, 0] },
    ]);
    const [first = 0, second = 0] = outputs[0]?.decisions[0]?.toWeights ?? [];
    expect(first + second).toBe(10);
    expect(second).toBeGreaterThan(0);
  });

  it('decides nothing on a sample that is too old, and still measures it', () => {
    const { story } = polls([{ atS: 1, wans: { ISP1: 9.5e6, ISP2: 0 }, active: [1, 0], tooOld: true }]);
    expect(story).toEqual(['1s ISP1 95%', '1s ISP2 0%', 'gw1/ISP1/threshold-above/1000']);
  });

  it('tells of a clock that was set back, and goes on deciding', () => {
    const wans = { ISP1: 1e6, ISP2: 1e6 };
    const before = Array.from({ length: 3 }, (_, i) => ({ atS: 3_600 + i, wans, active: [1, 0] }));
    const after = Array.from({ length: 12 }, (_, i) => ({ atS: i, wans, active: [1, 0] }));
    const { outputs } = polls([...before, ...after]);
    const told = outputs.flatMap(({ events }) => events.map(({ id }) => id));
    expect(told).toEqual(['gw1//clock-set-back/9000']);
    expect(outputs.map(({ hold }) => hold).slice(11)).toEqual([
      ...['out-of-order', 'clock-set-back', 'within-limits', 'within-limits'],
    ]);
  });

  it('takes SNMP only while the API is silent', () => {
    const { story } = polls([
      { atS: 1, source: SNMP, wans: { ISP1: 1e6 } },
      { atS: 2, wans: { ISP1: 2e6 } },
      { atS: 6, source: SNMP, wans: { ISP1: 3e6 }, forS: 4 },
      { atS: 11, source: SNMP, wans: { ISP1: 4e6 }, forS: 5 },
      { atS: 13, wans: { ISP1: 'gap' } },
      { atS: 14, wans: { ISP1: 5e6 } },
      { atS: 16, source: SNMP, wans: { ISP1: 6e6 }, forS: 5 },
    ]);
    expect(story).toEqual([
      '1s ISP1 10%',
      '2s ISP1 20%',
      'unused: other-source',
      '11s ISP1 40%',
      'unused: gap',
      '14s ISP1 50%',
      'unused: other-source',
    ]);
  });

  it('measures no stretch of time twice where the source changes', () => {
    const { story } = polls([
      { atS: 2, wans: { ISP1: 2e6 } },
      { atS: 9, source: SNMP, wans: { ISP1: 4e6 }, forS: 5 },
      { atS: 10, wans: { ISP1: 5e6 }, forS: 8 },
      { atS: 11, wans: { ISP1: 6e6 } },
    ]);
    expect(story).toEqual(['2s ISP1 20%', '9s ISP1 40%', 'unused: other-source', '11s ISP1 60%']);
  });

  it('does not wait for an API that has no counters of the interface', () => {
    const { story } = polls([
      { atS: 1, wans: { ISP1: 'absent' } },
      { atS: 2, source: SNMP, wans: { ISP1: 1e6 } },
    ]);
    expect(story).toEqual(['unused: absent', '2s ISP1 10%']);
  });

  it('reports a link that goes down and comes back, each once', () => {
    const { story } = polls([
      { atS: 1, wans: { ISP1: 0 } },
      { atS: 2, wans: { ISP1: 0 }, running: false },
      { atS: 3, wans: { ISP1: 0 }, running: false },
      { atS: 4, wans: { ISP1: 'duplicate' } },
    ]);
    expect(story.filter((line) => line.startsWith('gw1'))).toEqual([
      'gw1/ISP1/wan-down/2000',
      'gw1/ISP1/wan-up/4000',
    ]);
  });

  it('reports counters that started again', () => {
    expect(polls([{ atS: 1, wans: { ISP1: 'reset', ISP2: 1e6 } }]).story).toEqual([
      '1s ISP2 10%',
      'unused: reset',
      'gw1/ISP1/counter-reset/1000',
    ]);
  });
});
