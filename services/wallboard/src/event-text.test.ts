import type { LiveEvent, RouterView } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { eventText as textOf } from './event-text.ts';

const about = { id: 'x', t: 1, site: 's', router: 'gw1' };
const routers = [
  { router: 'gw1', wans: [{ name: 'ISP2', routingMark: 'ISP2_Route' }] },
] as unknown as readonly RouterView[];

const eventText = (event: LiveEvent, known: readonly RouterView[]) =>
  textOf(event, known, (ms) => `at ${ms}`);

const actuation = (
  outcome: Extract<LiveEvent, { is: 'actuation' }>['outcome'],
  afterMark: string,
): LiveEvent => ({
  is: 'actuation',
  ...about,
  outcome,
  mode: 'armed',
  rule: 'Load-Balancing here',
  beforeMark: 'ISP1_Route',
  afterMark,
  wantedMark: 'ISP2_Route',
  reason: 'full',
  latencyMs: 12.4,
});

it('tells what an actuation did, by the name of the WAN', () => {
  expect(eventText(actuation('confirmed', 'ISP2_Route'), routers)).toMatchObject({
    tone: 'good',
    title: 'New connections moved to ISP2',
    change: { from: 'ISP1_Route', to: 'ISP2_Route' },
    facts: ['confirmed', '12 ms'],
    detail: 'full',
  });
});

it('does not claim a move that was refused or not made', () => {
  expect(eventText(actuation('refused', 'ISP1_Route'), routers)).toMatchObject({
    title: 'Refused to move to ISP2',
    change: undefined,
    facts: ['refused', 'mark stays ISP1_Route', '12 ms'],
  });
  expect(eventText(actuation('dry-run', 'ISP1_Route'), []).title).toBe(
    'Would move new connections to ISP2_Route',
  );
});

it('tells a decision of shares without a WAN that all would go to', () => {
  const decision: LiveEvent = {
    ...{ is: 'decision', ...about, fromWan: '', toWan: '', reason: 'weights 6:4: 20 % belong elsewhere' },
  };
  expect(eventText(decision, routers)).toMatchObject({
    title: 'Divide new connections anew',
    change: undefined,
    detail: 'weights 6:4: 20 % belong elsewhere',
  });
});

it('shows the value and the limit of a threshold, and an unknown kind as it is', () => {
  const event = { is: 'event', ...about, wan: 'ISP1', severity: 'warning', message: '' } as const;
  expect(eventText({ ...event, kind: 'threshold-above', value: 0.86, limit: 0.8 }, [])).toMatchObject({
    title: 'ISP1 above its leave limit',
    facts: ['86 % > 80 %'],
  });
  expect(eventText({ ...event, wan: '', kind: 'moon-full' }, []).title).toBe('gw1 moon-full');
});

it('says the end of a pin as the page says times', () => {
  const order: LiveEvent = {
    is: 'order',
    ...about,
    wan: 'ISP2',
    order: 'pin',
    by: 'shift',
    note: 'repair',
    untilMs: 9,
  };
  expect(eventText(order, [])).toMatchObject({
    title: 'shift: pin ISP2',
    facts: ['until at 9'],
    detail: 'repair',
  });
});
