import type { Inventory, Router } from './inventory.ts';
import { Secret } from './secret.ts';

/** How one inventory became another. A router that only changed its place in the list is in none of the three. */
export interface InventoryChange {
  readonly inventory: Inventory;
  readonly added: readonly Router[];
  /** As they are now. */
  readonly changed: readonly Router[];
  /** As they were. */
  readonly removed: readonly Router[];
}

/** The inventory as it is now, and every change of it while the process runs. */
export interface InventorySource {
  current(): Inventory;
  /**
   * The listener is called after each change, with `current()` already new; it must not throw.
   * @returns the call that ends it
   */
  subscribe(listener: (change: InventoryChange) => void): () => void;
}

/** The one place where an inventory is replaced. */
export interface InventoryHolder extends InventorySource {
  /** Tells the subscribers in the order of their subscriptions, when anything differs. */
  replace(next: Inventory): InventoryChange;
}

export function createInventoryHolder(initial: Inventory): InventoryHolder {
  let inventory = initial;
  const listeners = new Set<(change: InventoryChange) => void>();
  return {
    current: () => inventory,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(next) {
      const change = compareInventories(inventory, next);
      inventory = next;
      const differs = change.added.length + change.changed.length + change.removed.length > 0;
      if (differs) for (const listener of [...listeners]) listener(change);
      return change;
    },
  };
}

/** An inventory that stays as it is. */
export const fixedInventory = (inventory: Inventory): InventorySource => createInventoryHolder(inventory);

function compareInventories(before: Inventory, after: Inventory): InventoryChange {
  const was = new Map(before.map((router) => [router.name, router]));
  const is = new Map(after.map((router) => [router.name, router]));
  return {
    inventory: after,
    added: after.filter(({ name }) => !was.has(name)),
    changed: after.filter((router) => {
      const old = was.get(router.name);
      return old !== undefined && !isSame(old, router);
    }),
    removed: before.filter(({ name }) => !is.has(name)),
  };
}

/** Whether two values of a configuration are the same, secrets by what they hide. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal();
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return left.size === right.size && [...left].every(([key, value]) => isSame(value, right.get(key)));
}
