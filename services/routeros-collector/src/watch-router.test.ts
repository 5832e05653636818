import { inventorySchema, type Router, RouterState, SteeringRule } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { afterFailure, afterReading, blankMemory, type RouterMemory } from './watch-router.ts';

const INTERVAL_MS = 30_000;
const [gw1] = inventorySchema.parse([
  {
    name: 'gw1',
    site: 's1',
    address: '192.0.2.1',
    api: { user: 'u', password: 'p' },
    steering: {},
    wans: ['ISP1', 'ISP2'].map((name) => ({
      name,
      interface: name,
      capacity: { rx: '50M', tx: '10M' },
      routingMark: `${name}_Route`,
    })),
  },
]);
const router = gw1 as Router;

const rule = (mark: string, bytes = 0n): RouterState['steeringRules'][number] => ({
  ...SteeringRule.decode(new Uint8Array()),
  id: '*A',
  chain: 'prerouting',
  action: 'mark-routing',
  comment: 'Load-Balancing here',
  newRoutingMark: mark,
  disabled: false,
  invalid: false,
  dynamic: false,
  bytes,
  packets: undefined,
});

const state = (timeMs: number, steeringRules = [rule('ISP1_Route')]): RouterState => ({
  ...RouterState.decode(new Uint8Array()),
  timeMs,
  router: 'gw1',
  reachable: true,
  error: '',
  identity: 'gw1',
  version: '7.20.1',
  boardName: 'x86',
  uptimeMs: BigInt(timeMs),
  interfaces: [],
  steeringRules,
});

type Step =
  | { readonly read: RouterState }
  | { readonly fail: string; readonly atMs: number; readonly refused?: boolean };

/** What is told at each step: kinds of events, and `state` where one is sent. */
function story(...steps: Step[]): string[][] {
  let memory: RouterMemory = blankMemory;
  return steps.map((step) => {
    const news =
      'read' in step
        ? afterReading(memory, router, step.read, INTERVAL_MS)
        : afterFailure(
            memory,
            router,
            { timeMs: step.atMs, error: step.fail, refused: step.refused ?? false },
            INTERVAL_MS,
          );
    ({ memory } = news);
    return [...news.events.map((event) => event.kind), ...(news.state ? ['state'] : [])];
  });
}

describe('what is told of a router', () => {
  it('is its state at once, then each 30 s', () => {
    expect(story(...[0, 1_000, 29_000, 30_000, 31_000].map((ms) => ({ read: state(ms) })))).toEqual([
      ['state'],
      [],
      [],
      ['state'],
      [],
    ]);
  });

  it('is not that counters went on', () => {
    expect(story({ read: state(0) }, { read: state(1_000, [rule('ISP1_Route', 99n)]) })).toEqual([
      ['state'],
      [],
    ]);
  });

  it('is a changed mark, with the WAN that new connections get', () => {
    expect(story({ read: state(0) }, { read: state(1_000, [rule('ISP2_Route')]) })[1]).toEqual([
      'mark-changed',
      'state',
    ]);
    const { memory } = afterReading(blankMemory, router, state(0), INTERVAL_MS);
    expect(afterReading(memory, router, state(1_000, [rule('ISP2_Route')]), INTERVAL_MS).events).toEqual([
      expect.objectContaining({
        id: 'gw1/ISP2/mark-changed/1000',
        wan: 'ISP2',
        message: 'new connections get ISP2_Route, before ISP1_Route',
      }),
    ]);
  });

  it.each([
    ['gone', []],
    ['doubled', [rule('ISP1_Route'), rule('ISP2_Route')]],
  ])('is a rule that is %s, once', (_what, rules) => {
    expect(
      story(
        { read: state(0, rules) },
        { read: state(1_000, rules) },
        { read: state(2_000) },
        { read: state(3_000, rules) },
      ),
    ).toEqual([['rule-missing', 'state'], [], ['state'], ['rule-missing', 'state']]);
  });

  it('is a mark that changed while nobody looked', () => {
    const steps = [
      { read: state(0) },
      { fail: 'closed', atMs: 1_000 },
      { read: state(9_000, [rule('ISP2_Route')]) },
    ];
    expect(story(...steps)[2]).toEqual(['router-reachable', 'mark-changed', 'state']);
  });

  it('is that it does not answer, once, and that it answers again', () => {
    expect(
      story(
        { read: state(0) },
        { fail: 'closed', atMs: 1_000 },
        { fail: 'closed', atMs: 2_000 },
        { fail: 'refused', atMs: 3_000, refused: true },
        { fail: 'refused', atMs: 33_000, refused: true },
        { read: state(34_000) },
      ),
    ).toEqual([
      ['state'],
      ['router-unreachable', 'state'],
      [],
      ['router-login-refused', 'state'],
      ['state'],
      ['router-reachable', 'state'],
    ]);
  });

  it('is what was last known, when it does not answer', () => {
    const { memory } = afterReading(blankMemory, router, state(0), INTERVAL_MS);
    const failure = { timeMs: 1_000, error: 'closed', refused: false };
    expect(afterFailure(memory, router, failure, INTERVAL_MS).state).toEqual({
      ...state(0),
      timeMs: 1_000,
      reachable: false,
      error: 'closed',
    });
  });
});
