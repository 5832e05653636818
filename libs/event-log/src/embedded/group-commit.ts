/** Runs work in one transaction; resolves when it is committed, and then with when it is on the disk. */
export type Transact = (work: () => void) => Promise<{ readonly flushed: Promise<unknown> }>;

/** After a failed commit LMDB's library may never say that the disk has the next one. */
const FLUSH_DEADLINE_MS = 5_000;

/**
 * Makes one transaction of all works that wait, and no more than two transactions at a time: one that is being flushed
 * and the next. LMDB occupies a thread of libuv's pool, which has four, until a transaction is flushed; with more of them
 * a slow disk would keep the files and names of the whole process waiting.
 *
 * What a work returns is given when the transaction is committed, or with `awaitFlush` when the disk has it.
 */
export function createGroupCommit(
  transact: Transact,
  {
    awaitFlush,
    flushDeadlineMs = FLUSH_DEADLINE_MS,
  }: { readonly awaitFlush: boolean; readonly flushDeadlineMs?: number },
): <T>(work: () => T) => Promise<T> {
  // A work, run inside the transaction, leaves what to do when the transaction has succeeded; `reject` is for when not.
  const waiting: { readonly run: () => () => void; readonly reject: (error: unknown) => void }[] = [];
  let underWay = 0;

  const commitWaiting = async (): Promise<void> => {
    // What is asked for in the same turn goes together.
    await Promise.resolve();
    const works = waiting.splice(0);
    if (works.length === 0) return;
    let settle: (() => void)[] = [];
    try {
      const { flushed } = await transact(() => {
        settle = works.map(({ run }) => run());
      });
      const isFlushed = flushInTime(flushed, flushDeadlineMs);
      if (awaitFlush && !(await isFlushed)) {
        throw new Error(`the disk does not have it after ${flushDeadlineMs} ms`);
      }
      for (const settleOne of settle) settleOne();
      await isFlushed;
    } catch (error) {
      // Those that are settled already do not hear this.
      for (const { reject } of works) reject(error);
    }
  };

  const pump = (): void => {
    if (underWay >= 2 || waiting.length === 0) return;
    underWay += 1;
    void commitWaiting().finally(() => {
      underWay -= 1;
      pump();
    });
  };

  return (work) =>
    new Promise((resolve, reject) => {
      const run = (): (() => void) => {
        try {
          const result = work();
          return () => resolve(result);
        } catch (error) {
          const reason = error instanceof Error ? error : new Error(String(error));
          return () => reject(reason);
        }
      };
      waiting.push({ run, reject });
      pump();
    });
}

/** False when it takes longer. */
async function flushInTime(flushed: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, false);
  });
  try {
    return await Promise.race([flushed.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
