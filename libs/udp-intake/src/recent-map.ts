/** A map of bounded size that forgets what was not asked for in a while. */
export interface RecentMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  clear(): void;
  /** Entries forgotten since the last call. */
  takeEvicted(): number;
}

/**
 * Two generations of half the capacity each: when the young one is full it becomes the old one, whose entries are
 * forgotten unless they were asked for meanwhile. What is in use costs one look-up, without keeping an order.
 * @param onTurn told when what is in use has to be asked for again, for whoever keeps some of it at hand
 */
export function createRecentMap<K, V extends object>(
  capacity: number,
  onTurn: () => void = () => undefined,
): RecentMap<K, V> {
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  let evicted = 0;

  function set(key: K, value: V): void {
    if (young.size >= capacity / 2) {
      evicted += old.size;
      old = young;
      young = new Map();
      onTurn();
    }
    young.set(key, value);
  }

  return {
    get(key) {
      const found = young.get(key);
      if (found) return found;
      const older = old.get(key);
      if (older) {
        old.delete(key);
        set(key, older);
      }
      return older;
    },
    set,
    clear() {
      young.clear();
      old.clear();
    },
    takeEvicted() {
      const count = evicted;
      evicted = 0;
      return count;
    },
  };
}
