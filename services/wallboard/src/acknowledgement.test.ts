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

it('finds who has seen an event', () => {
  const events = [
    seen(30, { event: 'b' }),
    seen(20, { event: 'a' }),
    seen(10, { order: 'lock', event: 'c' }),
  ];
  expect(acknowledgementOf(events, 'a')?.t).toBe(20);
  expect(acknowledgementOf(events, 'c')).toBeUndefined();
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
