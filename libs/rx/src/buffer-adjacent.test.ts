import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { bufferAdjacent } from './buffer-adjacent.ts';

const virtualTime = (story: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  }).run(story);
};

const polls = { a: 'gw1 ether1', b: 'gw1 ether2', c: 'gw2 ether1' };
const byRouter = bufferAdjacent((value: string) => value.slice(0, 3), 2);

describe('bufferAdjacent', () => {
  it('passes neighbours of one key on together', () =>
    virtualTime(({ cold, expectObservable }) => {
      const source$ = cold('a-b-c-a-|', polls);
      expectObservable(source$.pipe(byRouter)).toBe('----x-y-(z|)', {
        x: [polls.a, polls.b],
        y: [polls.c],
        z: [polls.a],
      });
    }));

  it('holds no more than its bound', () =>
    virtualTime(({ cold, expectObservable }) => {
      const source$ = cold('aab|', polls);
      expectObservable(source$.pipe(byRouter)).toBe('--x(y|)', { x: [polls.a, polls.a], y: [polls.b] });
    }));

  it('passes an error on at once', () =>
    virtualTime(({ cold, expectObservable }) => {
      expectObservable(cold('a-#', polls).pipe(byRouter)).toBe('--#');
    }));
});
