import { expect, it } from 'vitest';
import { Alarm } from './alarm.ts';

it('ends a wait when its time is over, or before that when it is rung', async () => {
  const alarm = new Alarm();
  expect(await alarm.wait(1)).toBe(false);
  const rung = alarm.wait(60_000);
  alarm.ring();
  expect(await rung).toBe(true);
});

it('keeps no ring for a wait that begins later', async () => {
  const alarm = new Alarm();
  alarm.ring();
  expect(await alarm.wait(1)).toBe(false);
});
