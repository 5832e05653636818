import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createKeyedStates, type KeyedStates } from './keyed-states.ts';
import { scanByKey } from './scan-by-key.ts';

/** Counts each letter by itself; the result is the letter with its count. */
const count = (letters: string, states: KeyedStates<number>): Promise<string[]> =>
  lastValueFrom(
    from(letters).pipe(
      scanByKey({
        key: (letter) => letter,
        states,
        step: (seen = 0, letter) => ({ state: seen + 1, result: `${letter}${seen + 1}` }),
      }),
      toArray(),
    ),
  );

describe('scanByKey', () => {
  it('remembers each key by itself, from one stream to the next', async () => {
    const states = createKeyedStates<number>(10);
    expect(await count('aba', states)).toEqual(['a1', 'b1', 'a2']);
    expect(await count('ab', states)).toEqual(['a3', 'b2']);
  });

  it('forgets the key that was quiet longest when there are too many', async () => {
    const states = createKeyedStates<number>(2);
    expect(await count('abacb', states)).toEqual(['a1', 'b1', 'a2', 'c1', 'b1']);
    expect(states.size()).toBe(2);
  });

  it('does a batch again as if it had not been done', async () => {
    const states = createKeyedStates<number>(2);
    await count('ab', states);
    states.commit();
    const first = await count('acb', states);
    states.rollback();
    expect(await count('acb', states)).toEqual(first);
    states.commit();
    states.rollback();
    expect(await count('b', states)).toEqual(['b2']);
  });

  it('ends with the error of a step and leaves its key alone', async () => {
    const states = createKeyedStates<number>(2);
    const broken = from('a').pipe(
      scanByKey({
        key: () => 'a',
        states,
        step: () => {
          throw new Error('broken step');
        },
      }),
    );
    await expect(lastValueFrom(broken)).rejects.toThrow('broken step');
    expect(states.size()).toBe(0);
  });
});
