import { expect, it } from 'vitest';
import { deviceTimeMs } from './device-time.ts';

const unixMs = 1_700_000_000_000;

it('is the time of the header less the uptime that has passed since', () => {
  expect(deviceTimeMs({ unixMs, uptimeMs: 100_000 }, 40_000)).toBe(unixMs - 60_000);
});

it('is right when the uptime wrapped between the packet and the export', () => {
  expect(deviceTimeMs({ unixMs, uptimeMs: 1_000 }, 2 ** 32 - 4_000)).toBe(unixMs - 5_000);
});

it('may be a little later than the header', () => {
  expect(deviceTimeMs({ unixMs, uptimeMs: 100_000 }, 100_500)).toBe(unixMs + 500);
});

it('is unknown for a stamp in the future of the device, and for a device without a clock', () => {
  expect(deviceTimeMs({ unixMs, uptimeMs: 100_000 }, 900_000)).toBeUndefined();
  expect(deviceTimeMs({ unixMs: 0, uptimeMs: 100_000 }, 40_000)).toBeUndefined();
});
