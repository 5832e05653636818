import {
  DefaultRoute,
  inventorySchema,
  NetwatchEntry,
  RouterState,
  type SteeringRule,
} from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { wanProcessorConfigSchema } from './config.ts';
import { factsAt, type FactsHistory, foldFacts } from './router-facts.ts';
import { planRouters, type RouterPlan } from './router-plan.ts';

function plan(kind = 'spill', rest: { mode?: string; denominator?: number } = {}): RouterPlan {
  const { mode = 'observe', denominator = 10 } = rest;
  const inventory = inventorySchema.parse([
    {
      name: 'gw1',
      site: 'depot',
      address: '192.0.2.1',
      mode,
      api: { user: 'u', password: 'p' },
      wans: [1, 2].map((n) => ({
        name: `ISP${n}`,
        interface: `ether${n}`,
        capacity: { rx: '10M', tx: '1M' },
        routingMark: `to-${n}`,
        probeHosts: [`9.9.9.${n}`, `8.8.8.${n}`],
      })),
      steering: { policy: { kind, denominator } },
    },
  ]);
  const made = planRouters(inventory, wanProcessorConfigSchema.parse({})).get('gw1');
  if (!made) throw new Error('no plan');
  return made;
}
const spill = plan();

const rule = (newRoutingMark: string, rest: Partial<SteeringRule> = {}): SteeringRule => ({
  menu: '/ip/firewall/mangle',
  matchers: [],
  id: '*1',
  chain: 'prerouting',
  action: 'mark-routing',
  comment: 'Load-Balancing here',
  newRoutingMark,
  disabled: false,
  invalid: false,
  dynamic: false,
  ...rest,
});

const state = (
  timeMs: number,
  steeringRules: SteeringRule[],
  rest: Partial<RouterState> = {},
): RouterState => ({
  ...RouterState.decode(new Uint8Array()),
  timeMs,
  router: 'gw1',
  reachable: true,
  steeringRules,
  ...rest,
});

const history = (...states: RouterState[]): FactsHistory =>
  states.reduce<FactsHistory>((known, next) => foldFacts(known, next, spill), []);

/** The WAN that new connections get. */
function markAt(known: FactsHistory, timeMs: number): string | undefined {
  const weights = factsAt(known, timeMs)?.weights;
  return weights ? `to-${weights.indexOf(1) + 1}` : undefined;
}

describe('the mark of the steering rule', () => {
  it('is known from its reading on, and changes when it was read again', () => {
    const marks = history(state(1_000, [rule('to-1')]), state(5_000, [rule('to-2')]));
    expect([500, 1_000, 4_999, 5_000, 9_000].map((at) => markAt(marks, at))).toEqual([
      undefined,
      'to-1',
      'to-1',
      'to-2',
      'to-2',
    ]);
  });

  it.each([
    ['there is no such rule', [rule('to-1', { comment: 'load-balancing here' })], {}],
    ['there are two', [rule('to-1'), rule('to-1')], {}],
    ['it is disabled', [rule('to-1', { disabled: true })], {}],
    ['it is invalid', [rule('to-1', { invalid: true })], {}],
    ['it does something else', [rule('to-1', { action: 'mark-connection' })], {}],
    ['the router is not reached', [rule('to-1')], { reachable: false }],
  ])('is not known when %s', (_, rules, rest) => {
    const marks = history(state(1_000, [rule('to-1')]), state(2_000, rules, rest));
    expect(markAt(marks, 1_500)).toBe('to-1');
    expect(markAt(marks, 2_500)).toBeUndefined();
  });

  it('is trusted as long as it is confirmed', () => {
    const once = history(state(0, [rule('to-1')]));
    expect(markAt(once, 90_000)).toBe('to-1');
    expect(markAt(once, 90_001)).toBeUndefined();
    expect(markAt(foldFacts(once, state(30_000, [rule('to-1')]), spill), 120_000)).toBe('to-1');
  });

  it('is the same when states come a second time', () => {
    const states = [state(1_000, [rule('to-1')]), state(2_000, [rule('to-2')]), state(3_000, [rule('to-1')])];
    expect(history(...states, ...states)).toEqual(history(...states));
  });

  it('keeps no more than a bounded past', () => {
    const flapping = Array.from({ length: 500 }, (_, at) => state(at, [rule(`to-${at % 2}`)]));
    expect(history(...flapping).length).toBeLessThanOrEqual(64);
    expect(markAt(history(...flapping), 499)).toBe('to-1');
  });
});

describe('weights', () => {
  const pcc = (classifier: string, mark: string, rest: Partial<SteeringRule> = {}): SteeringRule =>
    rule('', {
      action: 'mark-connection',
      comment: '',
      newConnectionMark: mark,
      perConnectionClassifier: classifier,
      ...rest,
    });
  const routes = ['1', '2'].map((n) => rule(`to-${n}`, { comment: '', connectionMark: `sticky-${n}` }));
  const weightsOf = (...rules: SteeringRule[]): number[] | null | undefined =>
    factsAt(foldFacts([], state(0, [...rules, ...routes]), plan('weights')), 0)?.weights;

  it('are counted from the rules that classify connections', () => {
    expect(
      weightsOf(
        pcc('both-addresses:3/0', 'sticky-1'),
        pcc('both-addresses:3/1', 'sticky-1'),
        pcc('both-addresses:3/2', 'sticky-2'),
        pcc('both-addresses:3/2', 'sticky-2', { menu: '/ipv6/firewall/mangle' }),
      ),
    ).toEqual([2, 1]);
  });

  it.each([
    [[2, 1], 'observe', 10],
    [[2, 1], 'armed', 3],
    [null, 'armed', 10],
  ])('are %j by rules that route a part each: %s, in %i parts', (expected, mode, denominator) => {
    const parts = ['to-1', 'to-1', 'to-2'].map((mark, part) =>
      rule(mark, {
        comment: `Load-Balancing here 3/${part}`,
        connectionMark: 'fairlead-new',
        perConnectionClassifier: `both-addresses:3/${part}`,
      }),
    );
    const known = foldFacts([], state(0, [...parts, ...routes]), plan('weights', { mode, denominator }));
    expect(factsAt(known, 0)?.weights).toEqual(expected);
  });

  it.each([
    ['none is there', []],
    ['one remainder is missing', [pcc('both-addresses:2/0', 'sticky-1')]],
    ['one is twice', ['sticky-1', 'sticky-2'].map((mark) => pcc('both-addresses:2/0', mark))],
    ['denominators differ', [pcc('src-address:1/0', 'sticky-1'), pcc('src-address:2/1', 'sticky-2')]],
    ['a mark leads nowhere', [pcc('both-addresses:1/0', 'sticky-3')]],
    [
      'one is disabled',
      [pcc('src-address:2/0', 'sticky-1'), pcc('src-address:2/1', 'sticky-2', { disabled: true })],
    ],
  ])('are not known when %s', (_, rules) => {
    expect(weightsOf(...rules)).toBeNull();
  });
});

describe('routes', () => {
  const route = (table: string, active: boolean, rest: Partial<DefaultRoute> = {}): DefaultRoute => ({
    ...DefaultRoute.decode(new Uint8Array()),
    destination: '0.0.0.0/0',
    table,
    active,
    ...rest,
  });
  const unrouted = (...defaultRoutes: DefaultRoute[]): string[] | undefined =>
    factsAt(foldFacts([], state(0, [rule('to-1')], { defaultRoutes }), spill), 0)?.unrouted;

  it('of which none is in use leave a WAN out', () => {
    expect(unrouted(route('to-1', false), route('to-2', true))).toEqual(['ISP1']);
    expect(unrouted(route('to-1', false), route('to-1', true, { distance: 2 }))).toEqual([]);
  });

  it('that are not there, disabled or of IPv6 say nothing', () => {
    expect(
      unrouted(
        route('main', false),
        route('to-1', false, { disabled: true }),
        route('to-2', false, { destination: '::/0' }),
      ),
    ).toEqual([]);
  });
});

describe('probes', () => {
  const probed = (...watched: readonly (readonly [host: string, status: string, disabled?: boolean])[]) =>
    factsAt(
      foldFacts(
        [],
        state(0, [rule('to-1')], {
          netwatch: watched.map(([host, status, disabled]) => ({
            ...NetwatchEntry.decode(new Uint8Array()),
            host,
            status,
            disabled,
          })),
        }),
        spill,
      ),
      0,
    )?.probed;

  it('by netwatch say whether one host behind a WAN answers', () => {
    expect(probed(['9.9.9.1', 'down'], ['8.8.8.1', 'up'], ['9.9.9.2', 'down'])).toEqual({
      ISP1: true,
      ISP2: false,
    });
  });

  it('say nothing while unknown, disabled, or of another host', () => {
    expect(probed(['9.9.9.1', 'unknown'], ['9.9.9.2', 'down', true], ['192.0.2.7', 'down'])).toEqual({});
  });
});

it('begins anew on a clock that was set back, and not for a state that is late', () => {
  const known = foldFacts([], state(3_600_000, [rule('to-1')]), spill);
  expect(foldFacts(known, state(3_550_000, [rule('to-2')]), spill)).toBe(known);
  const later = foldFacts(known, state(10_000, [rule('to-2')]), spill);
  expect(factsAt(later, 12_000)?.weights).toEqual([0, 1]);
});
