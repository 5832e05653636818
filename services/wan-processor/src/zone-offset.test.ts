import { expect, it } from 'vitest';
import { createZoneOffsets } from './zone-offset.ts';

it('knows the minutes east of UTC, through the change to summer time', () => {
  const offset = createZoneOffsets();
  const change = Date.UTC(2026, 2, 29, 1);
  expect(offset('UTC', change)).toBe(0);
  expect([change - 1, change].map((timeMs) => offset('Europe/Berlin', timeMs))).toEqual([60, 120]);
  expect(offset('Asia/Kathmandu', change)).toBe(345);
  expect(offset('America/St_Johns', change)).toBe(-150);
});
