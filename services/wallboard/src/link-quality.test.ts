import type { WanRow } from '@fairlead/live-protocol';
import { expect, it } from 'vitest';
import { linkQualityOf } from './link-quality.ts';
import { quietRouter } from './testing/quiet-router.ts';

const { router, wan } = quietRouter();
const quality = (loss: number | null, rttMs: number | null, probed = true) => {
  const row: WanRow = [1_000, 1, 1, 0.5, 0.5, null, 'normal', null, loss, rttMs];
  return linkQualityOf(row, { ...wan, probed }, router.probeLimits);
};

it('says latency and loss, and in a word what is wrong with them', () => {
  expect(quality(0, 12.34)).toEqual({ tone: 'good', word: '', text: '12 ms · 0 % loss' });
  expect(quality(0.001, 1.26)).toEqual({ tone: 'good', word: '', text: '1.3 ms · <1 % loss' });
  expect(quality(0.1, 12)).toEqual({ tone: 'poor', word: 'poor', text: '12 ms · 10 % loss' });
  expect(quality(0, 500)).toEqual({ tone: 'poor', word: 'poor', text: '500 ms · 0 % loss' });
  expect(quality(0.41, 12)).toEqual({ tone: 'failing', word: 'failing', text: '12 ms · 41 % loss' });
  expect(quality(0, 1_001).tone).toBe('failing');
  expect(quality(1, null)).toEqual({ tone: 'failing', word: 'failing', text: 'no answer · 100 % loss' });
});

it('tells a WAN that nobody pings from one of which nothing is known', () => {
  expect(quality(null, null).text).toBe('not known');
  expect(quality(null, null, false).text).toBe('not measured');
  expect(linkQualityOf(undefined, { ...wan, probed: true }, router.probeLimits).tone).toBe('unknown');
});
