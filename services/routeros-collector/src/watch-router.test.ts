import { inventorySchema, type Router, RouterState, SteeringRule } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { MANGLE, type RouterReading } from './read-router.ts';
import { viewRouter } from './router-state.ts';
import {
  afterFailure,
  afterReading,
  blankMemory,
  type RouterMemory,
  type RouterView,
} from './watch-router.ts';

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
  menu: MANGLE,
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

const listing = {
  ...RouterState.decode(new Uint8Array()),
  identity: 'gw1',
  version: '7.20.1',
  steeringRules: [rule('ISP1_Route')],
};

/** What is known when the steering rules are these. */
function view(timeMs: number, rules = [rule('ISP1_Route')], key = ''): RouterView {
  const interfaces = router.wans.map((wan) => ({ name: wan.interface }));
  const reading: RouterReading = { arrivedMs: timeMs, uptimeMs: BigInt(timeMs), interfaces, rules };
  const made = viewRouter(router, reading, { listing, key });
  if (!made) throw new Error('nothing to see');
  return made;
}

type Step =
  | { readonly read: RouterView }
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
    expect(story(...[0, 1_000, 29_000, 30_000, 31_000].map((ms) => ({ read: view(ms) })))).toEqual([
      ['state'],
      [],
      [],
      ['state'],
      [],
    ]);
  });

  it('is not that counters went on', () => {
    expect(story({ read: view(0) }, { read: view(1_000, [rule('ISP1_Route', 99n)]) })).toEqual([
      ['state'],
      [],
    ]);
  });

  it('is whatever the slower readings bring', () => {
    expect(story({ read: view(0) }, { read: view(1_000, undefined, 'another route is active') })[1]).toEqual([
      'state',
    ]);
  });

  it('is the steering rules as just read, in the place of the listed ones', () => {
    const other = { ...rule('ISP2_Route'), id: '*B', comment: 'sticky' };
    const reading: RouterReading = {
      arrivedMs: 0,
      uptimeMs: 0n,
      interfaces: [],
      rules: [rule('ISP2_Route', 7n), { ...rule('ISP1_Route'), id: '*C' }],
    };
    const known = { ...listing, steeringRules: [rule('ISP1_Route'), other] };
    const rules = viewRouter(router, reading, { listing: known, key: '' })?.toState().steeringRules;
    expect(rules?.map(({ id, newRoutingMark, bytes }) => [id, newRoutingMark, bytes])).toEqual([
      ['*A', 'ISP2_Route', 7n],
      ['*B', 'ISP2_Route', 0n],
      ['*C', 'ISP1_Route', 0n],
    ]);
  });

  it('is a changed mark, with the WAN that new connections get', () => {
    expect(story({ read: view(0) }, { read: view(1_000, [rule('ISP2_Route')]) })[1]).toEqual([
      'mark-changed',
      'state',
    ]);
    const { memory } = afterReading(blankMemory, router, view(0), INTERVAL_MS);
    expect(afterReading(memory, router, view(1_000, [rule('ISP2_Route')]), INTERVAL_MS).events).toEqual([
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
        { read: view(0, rules) },
        { read: view(1_000, rules) },
        { read: view(2_000) },
        { read: view(3_000, rules) },
      ),
    ).toEqual([['rule-missing', 'state'], [], ['state'], ['rule-missing', 'state']]);
  });

  it('is a WAN whose interface the router does not have, once', () => {
    const without = (timeMs: number): RouterView => ({ ...view(timeMs), missing: ['ISP1'] });
    expect(
      story(
        { read: without(0) },
        { read: without(1_000) },
        { read: view(2_000) },
        { fail: 'away', atMs: 3_000 },
        { read: without(4_000) },
      ).map((told) => told.filter((kind) => kind === 'interface-missing')),
    ).toEqual([['interface-missing'], [], [], [], ['interface-missing']]);
  });

  it('is a mark that changed while nobody looked', () => {
    const steps = [
      { read: view(0) },
      { fail: 'closed', atMs: 1_000 },
      { read: view(9_000, [rule('ISP2_Route')]) },
    ];
    expect(story(...steps)[2]).toEqual(['router-reachable', 'mark-changed', 'state']);
  });

  it('is that it does not answer, once, and that it answers again', () => {
    expect(
      story(
        { read: view(0) },
        { fail: 'closed', atMs: 1_000 },
        { fail: 'closed', atMs: 2_000 },
        { fail: 'refused', atMs: 3_000, refused: true },
        { fail: 'refused', atMs: 33_000, refused: true },
        { read: view(34_000) },
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
    const { memory } = afterReading(blankMemory, router, view(0), INTERVAL_MS);
    const failure = { timeMs: 1_000, error: 'closed', refused: false };
    expect(afterFailure(memory, router, failure, INTERVAL_MS).state).toEqual({
      ...view(0).toState(),
      timeMs: 1_000,
      reachable: false,
      error: 'closed',
    });
  });
});
