import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { detectSilence, type Sign, type Silence } from './detect-silence.ts';

const virtualTime = (story: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  }).run(story);
};

const signs: Record<string, Sign> = {
  e: { key: 'gw1/ISP1', kind: 'expected' },
  a: { key: 'gw1/ISP1', kind: 'heard' },
  b: { key: 'gw1/ISP2', kind: 'heard' },
  g: { key: 'gw1/ISP1', kind: 'gone' },
};
const silences: Record<string, Silence> = {
  A: { key: 'gw1/ISP1', kind: 'missing' },
  a: { key: 'gw1/ISP1', kind: 'back' },
  B: { key: 'gw1/ISP2', kind: 'missing' },
};
const detect = detectSilence({ afterMs: () => 4, everyMs: 1 });

describe('detectSilence', () => {
  it('says once that a key fell silent, and once that it is back', () =>
    virtualTime(({ hot, expectObservable }) => {
      const signs$ = hot('  a--a--------a---|', signs);
      const silences$ = '   --------A---a---|';
      expectObservable(signs$.pipe(detect)).toBe(silences$, silences);
    }));

  it('watches each key by itself', () =>
    virtualTime(({ hot, expectObservable }) => {
      const signs$ = hot('  ab-b-b-b-b|', signs);
      const silences$ = '   -----A----|';
      expectObservable(signs$.pipe(detect)).toBe(silences$, silences);
    }));

  it('waits for a key that was only announced, and repeating that is no sign of life', () =>
    virtualTime(({ hot, expectObservable }) => {
      const signs$ = hot('  e-e-e-e-a-|', signs);
      const silences$ = '   -----A--a-|';
      expectObservable(signs$.pipe(detect)).toBe(silences$, silences);
    }));

  it('forgets a key that is gone, and watches it anew when it is heard again', () =>
    virtualTime(({ hot, expectObservable }) => {
      const signs$ = hot('  a-g-------a-----g-a|', signs);
      const silences$ = '   ---------------A---|';
      expectObservable(signs$.pipe(detect)).toBe(silences$, silences);
    }));

  it('gives a slow key the time that it needs', () =>
    virtualTime(({ hot, expectObservable }) => {
      const signs$ = hot('  (ab)------|', signs);
      const silences$ = '   ---B------|';
      const afterMs = (key: string): number => (key === 'gw1/ISP2' ? 2 : 60);
      expectObservable(signs$.pipe(detectSilence({ afterMs, everyMs: 1 }))).toBe(silences$, silences);
    }));

  it('passes an error on and stops its timer', () =>
    virtualTime(({ hot, expectObservable }) => {
      expectObservable(hot('a-#', signs).pipe(detect)).toBe('--#');
    }));
});
