import { expect, it } from 'vitest';
import { type Deviation, type Difference, inAgreement, judge } from './deviations.ts';

const difference: Difference = { where: 'record 1', field: 'tos', ours: '0', theirs: '4' };
const known: Deviation = { reason: 'a bug of theirs', covers: ({ field }) => field === 'tos' };

it('a difference is explained, or it is a finding', () => {
  expect(judge([difference], [known])).toEqual(inAgreement);
  expect(judge([difference], [])).toEqual({ unexplained: [difference], outdated: [] });
});

it('an explanation of what does not happen is a finding too', () => {
  expect(judge([], [known])).toEqual({ unexplained: [], outdated: ['a bug of theirs'] });
});
