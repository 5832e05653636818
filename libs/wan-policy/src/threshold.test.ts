import { expect, it } from 'vitest';
import { foldThreshold, initialThreshold, type Threshold } from './threshold.ts';

const limits = { leaveAbove: 0.8, returnBelow: 0.6, samples: { breached: 3, of: 5 } };

/** What is crossed, sample by sample; a dot where nothing is. */
function story(loads: readonly number[], from: Threshold = initialThreshold): string {
  let threshold = from;
  return loads
    .map((load) => {
      const step = foldThreshold(threshold, load, limits);
      ({ threshold } = step);
      return step.crossed ?? '.';
    })
    .join(' ');
}

it('tells a limit once, when three of the last five samples breach it', () => {
  expect(story([0.9, 0.7, 0.9, 0.7, 0.9, 0.9, 0.9])).toBe('. . . . above . .');
  expect(story([0.9, 0.7, 0.7, 0.9, 0.7, 0.7, 0.9])).toBe('. . . . . . .');
});

it('comes back below the other limit only, and only from above', () => {
  expect(story([0.9, 0.9, 0.9, 0.7, 0.7, 0.7, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9])).toBe(
    '. . above . . . . . below . . above',
  );
  expect(story([0.1, 0.1, 0.1, 0.1])).toBe('. . . .');
});

it('needs a load beyond the limit, not at it', () => {
  expect(story([0.8, 0.8, 0.8, 0.8])).toBe('. . . .');
});
