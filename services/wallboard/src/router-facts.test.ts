import type { LiveEvent } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { leaseOf, ruleText, wanOfMark } from './router-facts.ts';
import { quietRouter } from './testing/quiet-router.ts';

const { router } = quietRouter();
const told = (kind: string, message: string): LiveEvent => ({
  is: 'event',
  ...{ id: kind, t: 1, site: 's', router: 'gw1', wan: '', kind, severity: 'error', message },
});

it('says who steers a router, as it was told last', () => {
  const contested = told('steering-contested', 'another Fairlead steers it: b');
  const held = told('steering-held', 'held by a');
  expect(leaseOf([], 'armed')).toBe('this Fairlead; no other was seen');
  expect(leaseOf([contested, held], 'armed')).toBe('another Fairlead steers it: b');
  expect(leaseOf([told('wan-down', ''), held, contested], 'armed')).toBe('this Fairlead, held by a');
  expect(leaseOf([contested], 'observe')).toBe('nobody: it is only observed');
});

it('names the WAN of a mark', () => {
  expect([wanOfMark('A', router), wanOfMark('x', router)]).toEqual(['A', 'no WAN']);
});

it('says whether the rule that steers is there, once and in force', () => {
  const rule = { comment: 'here', mark: 'A', disabled: false, invalid: false, packets: null };
  expect(
    [[], [rule], [rule, rule], [{ ...rule, disabled: true }], [{ ...rule, invalid: true }]].map(ruleText),
  ).toEqual([
    'not found',
    '“here”, in force',
    'found 2 times, must be there once',
    '“here”, disabled',
    '“here”, invalid',
  ]);
});
