import type { Router } from './inventory.ts';
import type { InventoryChange, InventorySource } from './inventory-source.ts';

/** What runs for one router. */
export interface RouterTask {
  /** Ends it; does not reject. */
  stop(): Promise<void>;
}

/** What runs for each router of an inventory, by the name of the router. */
export interface PerRouter<T extends RouterTask> {
  /** Begins with the routers of now, and from then on follows the inventory. */
  start(): void;
  get(router: string): T | undefined;
  /** Ends all, also those that were still ending. Safe twice and before start(). */
  stop(): Promise<void>;
}

/**
 * Runs a task for each router. A router that was added, changed or removed costs the others nothing: only its own task
 * is begun or ended. The task of a changed router begins when its old one has ended.
 * @param begin gives no task for a router that needs none
 */
export function createPerRouter<T extends RouterTask>(
  source: InventorySource,
  begin: (router: Router) => T | undefined,
): PerRouter<T> {
  const tasks = new Map<string, T>();
  /** Ends of tasks by router; one that comes back waits for it. */
  const ending = new Map<string, Promise<void>>();
  let unsubscribe: (() => void) | undefined;

  function beginNow(router: Router): void {
    const task = begin(router);
    if (task) tasks.set(router.name, task);
  }

  function end(name: string): void {
    const task = tasks.get(name);
    tasks.delete(name);
    if (!task) return;
    const ended: Promise<void> = Promise.all([ending.get(name), task.stop()]).then(() => {
      if (ending.get(name) === ended) ending.delete(name);
    });
    ending.set(name, ended);
  }

  function beginInTurn({ name }: Router): void {
    const previous = ending.get(name);
    const beginCurrent = (): void => {
      // It may have changed again, or be gone, by then.
      const now = source.current().find((router) => router.name === name);
      if (unsubscribe && now && !tasks.has(name) && !ending.has(name)) beginNow(now);
    };
    if (previous) void previous.then(beginCurrent);
    else beginCurrent();
  }

  function follow({ added, changed, removed }: InventoryChange): void {
    for (const { name } of [...removed, ...changed]) end(name);
    for (const router of [...changed, ...added]) beginInTurn(router);
  }

  return {
    start() {
      if (unsubscribe) return;
      unsubscribe = source.subscribe(follow);
      for (const router of source.current()) beginNow(router);
    },
    get: (router) => tasks.get(router),
    async stop() {
      unsubscribe?.();
      unsubscribe = undefined;
      for (const name of [...tasks.keys()]) end(name);
      await Promise.all(ending.values());
    },
  };
}
