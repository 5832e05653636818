import { describe, expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

/** Transactions that commit at once and are flushed when the test says so. */
function manualDisk() {
  const transactions: { readonly flush: () => void }[] = [];
  let failing: Error | undefined;
  return {
    transactions,
    fail: (error: Error) => void (failing = error),
    transact: async (work: () => void) => {
      work();
      if (failing) throw failing;
      const flushed = new Promise<void>((resolve) => transactions.push({ flush: resolve }));
      return { flushed };
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createGroupCommit', () => {
  it('makes one transaction of what waits, and at most two before a flush', async () => {
    const disk = manualDisk();
    const commit = createGroupCommit(disk.transact, { awaitFlush: false });
    expect(await Promise.all([commit(() => 1), commit(() => 2)])).toEqual([1, 2]);
    expect(await commit(() => 3)).toBe(3);
    const late = Promise.all([commit(() => 4), commit(() => 5)]);
    await turn();
    expect(disk.transactions).toHaveLength(2);
    disk.transactions[0]?.flush();
    expect(await late).toEqual([4, 5]);
    expect(disk.transactions).toHaveLength(3);
  });

  it('answers when the disk has it, if that is wanted', async () => {
    const disk = manualDisk();
    const commit = createGroupCommit(disk.transact, { awaitFlush: true });
    let answered = false;
    const answer = commit(() => 1).then(() => (answered = true));
    await turn();
    expect([disk.transactions.length, answered]).toEqual([1, false]);
    disk.transactions[0]?.flush();
    expect(await answer).toBe(true);
  });

  it('tells one work of its own error, and all of a transaction that failed', async () => {
    const disk = manualDisk();
    const commit = createGroupCommit(disk.transact, { awaitFlush: false });
    const bad = commit(() => {
      throw new Error('mine');
    });
    const good = commit(() => 'fine');
    await expect(bad).rejects.toThrow('mine');
    expect(await good).toBe('fine');
    disk.transactions[0]?.flush();
    disk.fail(new Error('disk full'));
    const both = await Promise.allSettled([commit(() => 1), commit(() => 2)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
