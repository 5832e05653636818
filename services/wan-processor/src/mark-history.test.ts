import { RouterState, type SteeringRule } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { foldMark, markAt, type MarkHistory } from './mark-history.ts';

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

const history = (...states: RouterState[]): MarkHistory =>
  states.reduce<MarkHistory>((known, next) => foldMark(known, next, 'Load-Balancing here'), []);

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
    expect(markAt(foldMark(once, state(30_000, [rule('to-1')]), 'Load-Balancing here'), 120_000)).toBe(
      'to-1',
    );
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
