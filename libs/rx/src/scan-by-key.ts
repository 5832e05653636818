import { map, type OperatorFunction } from 'rxjs';
import type { KeyedStates } from './keyed-states.ts';

/**
 * `scan` with a memory of its own for each key. The memory belongs to the caller, so it outlives the stream and stays
 * bounded, where `groupBy` would keep an inner stream for every key it has ever seen.
 *
 * A step that throws ends the stream with that error, its key unchanged.
 */
export function scanByKey<T, S, R>(options: {
  readonly key: (value: T) => string;
  readonly states: KeyedStates<S>;
  /** Pure; the state is undefined for a key that is new or was displaced. */
  readonly step: (state: S | undefined, value: T) => { readonly state: S | undefined; readonly result: R };
}): OperatorFunction<T, R> {
  return map((value) => {
    const key = options.key(value);
    const { state, result } = options.step(options.states.get(key), value);
    options.states.set(key, state);
    return result;
  });
}
