/** States by key, at most so many; changes since the last commit can be taken back. */
export interface KeyedStates<S> {
  get(key: string): S | undefined;
  /** Undefined forgets the key. A new key beyond the bound displaces the one that was set longest ago. */
  set(key: string, state: S | undefined): void;
  /** Keeps every change so far. */
  commit(): void;
  /** Takes back every change since the last commit. */
  rollback(): void;
  size(): number;
}

/**
 * Memory of a stage that works in batches. States are values and never changed in place, so that a batch whose result
 * could not be stored is taken back and done again.
 * @throws RangeError when `maxKeys` is not positive
 */
export function createKeyedStates<S>(maxKeys: number): KeyedStates<S> {
  if (!(maxKeys > 0)) throw new RangeError(`maxKeys must be positive: ${maxKeys}`);
  const states = new Map<string, S>();
  const before = new Map<string, S | undefined>();
  const change = (key: string, state: S | undefined): void => {
    if (!before.has(key)) before.set(key, states.get(key));
    states.delete(key);
    if (state !== undefined) states.set(key, state);
  };
  return {
    get: (key) => states.get(key),
    set(key, state) {
      change(key, state);
      for (const oldest of states.keys()) {
        if (states.size <= maxKeys) break;
        change(oldest, undefined);
      }
    },
    commit: () => before.clear(),
    rollback() {
      for (const [key, state] of before) {
        if (state === undefined) states.delete(key);
        else states.set(key, state);
      }
      before.clear();
    },
    size: () => states.size,
  };
}
