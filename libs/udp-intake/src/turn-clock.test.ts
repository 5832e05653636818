import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TurnClock } from './turn-clock.ts';

/** A clock that is a millisecond later each time it is read. */
function createCounting(): { readonly clock: TurnClock; readonly reads: () => number } {
  let reads = 0;
  return { clock: new TurnClock({ nowMs: () => (reads += 1) }), reads: () => reads };
}

const ask = (clock: TurnClock, times: number): number[] => Array.from({ length: times }, () => clock.nowMs());

it('is read once in a turn in which much comes, and again in the next', async () => {
  const { clock } = createCounting();
  for (const turn of [1, 2, 3]) {
    expect(new Set(ask(clock, 32))).toEqual(new Set([turn]));
    await setImmediate();
  }
});

it('is read each time where little comes, but for a trial now and then', async () => {
  const { clock, reads } = createCounting();
  let asked = 0;
  for (; asked < 1_000; asked += 2) {
    ask(clock, 2);
    await setImmediate();
  }
  expect(reads()).toBeGreaterThan(asked - 10);
});

it('is read once in a turn again when more comes', async () => {
  const { clock, reads } = createCounting();
  ask(clock, 1);
  await setImmediate();
  for (let turn = 0; turn < 100; turn += 1) {
    ask(clock, 32);
    await setImmediate();
  }
  expect(reads()).toBeLessThan(400);
});

it('is never of an earlier turn, however rarely something comes', async () => {
  const { clock } = createCounting();
  let before = 0;
  for (let turn = 0; turn < 600; turn += 1) {
    const [first = 0] = ask(clock, 1);
    expect(first).toBeGreaterThan(before);
    before = first;
    await setImmediate();
  }
});
