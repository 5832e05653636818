import type { LiveEvent } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { acknowledgementOf, acknowledgementOfWan, isAlarm } from './acknowledgement.ts';

const seen = (t: number, change: Partial<Extract<LiveEvent, { is: 'order' }>> = {}): LiveEvent => ({
  is: 'order',
  id: `order:${t}`,
  t,
  site: 's',
  router: 'gw1',
  wan: 'ISP2',
  order: 'acknowledge',
  by: 'shift',
  note: 'the provider knows',
  ...change,
});
const gw1Isp2 = { router: 'gw1', wan: 'ISP2' };

const happened = (id: string, t: number, kind = 'wan-down'): LiveEvent => ({
  is: 'event',
  ...{ id, t, kind, site: 's', ...gw1Isp2, message: '' },
  severity: kind === 'wan-up' ? 'info' : 'error',
});

it('finds who has seen an event', () => {
  const events = [
    seen(30, { event: 'b' }),
    seen(20, { event: 'a' }),
    seen(10, { order: 'lock', event: 'c' }),
  ];
  expect(acknowledgementOf(events, happened('a', 5))?.t).toBe(20);
  expect(acknowledgementOf(events, happened('c', 5))).toBeUndefined();
});

it('takes what was said of the state of a WAN for the events that led to it, and for none of before or after', () => {
  const events = [
    happened('late', 60),
    happened('up', 50, 'wan-up'),
    seen(40),
    happened('down', 30),
    happened('up before', 20, 'wan-up'),
    happened('down before', 10),
  ];
  const timesSeen = events.map((event) => acknowledgementOf(events, event)?.t);
  expect(timesSeen).toEqual([undefined, undefined, undefined, 40, undefined, undefined]);
  expect(acknowledgementOf([seen(40, { wan: 'ISP1' })], happened('down', 30))).toBeUndefined();
});

it('takes for the state of a WAN only what was said since it began', () => {
  const events = [seen(40, { wan: 'ISP1' }), seen(30), seen(20)];
  expect(acknowledgementOfWan(events, gw1Isp2, 25)?.t).toBe(30);
  expect(acknowledgementOfWan(events, gw1Isp2, null)?.t).toBe(30);
  expect(acknowledgementOfWan(events, gw1Isp2, 31)).toBeUndefined();
  expect(acknowledgementOfWan(events, { router: 'gw2', wan: 'ISP2' }, 0)).toBeUndefined();
});

it('knows what wants to be seen', () => {
  const about = { id: 'x', t: 1, site: 's', router: 'gw1', wan: 'ISP2', kind: 'wan-down', message: '' };
  expect(isAlarm({ is: 'event', ...about, severity: 'error' })).toBe(true);
  expect(isAlarm({ is: 'event', ...about, severity: 'info' })).toBe(false);
  expect(isAlarm(seen(1))).toBe(false);
});
