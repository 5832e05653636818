import {
  asyncScheduler,
  connect,
  defer,
  endWith,
  from,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  type SchedulerLike,
  takeUntil,
} from 'rxjs';

/** A sign of life, the mention of a key that should live, or that it is no concern any more. */
export interface Sign {
  readonly key: string;
  /** A key is watched from its first mention until it is gone. */
  readonly kind: 'expected' | 'heard' | 'gone';
}

/** A key fell silent, or is heard again. */
export interface Silence {
  readonly key: string;
  readonly kind: 'missing' | 'back';
}

/**
 * Says once when nothing was heard of a key for `afterMs(key)`, and once when it is heard again. One timer for all
 * keys; so a silence is noticed up to `everyMs` late. The keys are the caller's to bound.
 */
export function detectSilence(options: {
  readonly afterMs: (key: string) => number;
  readonly everyMs: number;
  /** A clock that does not jump; the scheduler's own unless given. */
  readonly nowMs?: () => number;
  readonly scheduler?: SchedulerLike;
}): OperatorFunction<Sign, Silence> {
  const { afterMs, everyMs, scheduler = asyncScheduler } = options;
  const nowMs = options.nowMs ?? (() => scheduler.now());
  const watch = (signs$: Observable<Sign>): Observable<Silence> =>
    defer(() => {
      const heardMs = new Map<string, number>();
      const missing = new Set<string>();
      const back$ = signs$.pipe(
        mergeMap(({ key, kind }): Silence[] => {
          if (kind === 'gone') {
            heardMs.delete(key);
            missing.delete(key);
            return [];
          }
          if (kind === 'heard' || !heardMs.has(key)) heardMs.set(key, nowMs());
          return kind === 'heard' && missing.delete(key) ? [{ key, kind: 'back' }] : [];
        }),
      );
      const missing$ = interval(everyMs, scheduler).pipe(
        mergeMap(() => from(overdue(heardMs, missing, nowMs(), afterMs))),
        takeUntil(signs$.pipe(ignoreElements(), endWith(undefined))),
      );
      return merge(missing$, back$);
    });
  return connect(watch);
}

function overdue(
  heardMs: ReadonlyMap<string, number>,
  missing: Set<string>,
  nowMs: number,
  afterMs: (key: string) => number,
): Silence[] {
  return [...heardMs].flatMap(([key, atMs]): Silence[] => {
    if (missing.has(key) || nowMs - atMs <= afterMs(key)) return [];
    missing.add(key);
    return [{ key, kind: 'missing' }];
  });
}
