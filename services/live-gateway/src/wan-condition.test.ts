import { describe, expect, it } from 'vitest';
import { conditionAfter, conditionAfterEvent, type WanConditionState } from './wan-condition.ts';

const limits = { leaveAbove: 0.8, returnBelow: 0.6, samples: 3 };

/** Conditions after each of these shares of capacity, one a second. */
function run(utils: readonly number[], running = true): (string | null)[][] {
  let state: WanConditionState | undefined;
  return utils.map((util, i) => {
    state = conditionAfter(state, { timeMs: i * 1_000, util, running }, limits);
    return [state.condition, state.sinceMs === null ? null : String(state.sinceMs / 1_000)];
  });
}

describe('condition of a WAN', () => {
  it('is busy after three samples above the leave limit, and normal after three below the return limit', () => {
    expect(run([0.5, 0.9, 0.9, 0.9, 0.7, 0.7, 0.7, 0.5, 0.5, 0.5])).toEqual([
      ['normal', null],
      ['normal', null],
      ['normal', null],
      ['busy', '3'],
      ['busy', '3'],
      ['busy', '3'],
      ['busy', '3'],
      ['busy', '3'],
      ['busy', '3'],
      ['normal', '9'],
    ]);
  });

  it('does not follow a spike', () => {
    expect(run([0.5, 0.9, 0.9, 0.5, 0.9, 0.9]).map(([condition]) => condition)).not.toContain('busy');
  });

  it('is down at once, and never busy without limits', () => {
    const normal = conditionAfter(undefined, { timeMs: 0, util: 2, running: undefined }, null);
    expect(normal.condition).toBe('normal');
    const down = conditionAfter(normal, { timeMs: 5, util: 0, running: false }, limits);
    expect(down).toMatchObject({ condition: 'down', sinceMs: 5 });
  });

  it('takes the time from an event, and ignores events that say nothing about it', () => {
    const busy = conditionAfterEvent(undefined, { kind: 'threshold-above', timeMs: 7 });
    expect(busy).toMatchObject({ condition: 'busy', sinceMs: 7 });
    expect(conditionAfterEvent(busy, { kind: 'threshold-above', timeMs: 9 })).toBe(busy);
    expect(conditionAfterEvent(busy, { kind: 'mark-changed', timeMs: 9 })).toBe(busy);
  });
});
